#include "ctl/lists/entry_json.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>

#include "mail/reply.h"
#include "text/utc.h"
#include "text/utf8.h"

namespace greylisting::ctl {
namespace {

using Value = nlohmann::ordered_json;

constexpr int kMaxBlock = 525600;
constexpr std::size_t kLongestValue = 100;  // of a value in a message

constexpr std::array<std::string_view, 9> kKeys{"id",   "action",  "what",  "pattern", "until",
                                                "over", "comment", "block", "reply"};

// What is wrong with an entry; what() says it and what is allowed.
class EntryError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
  EntryError(std::string_view key, std::string_view value, const std::string& why)
      : runtime_error(
            std::string(key).append(": ").append(in_quotes(value, kLongestValue)).append(" ").append(why)) {}
};

// Empty for what is null or is not there.
std::string text_at(const Value& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || found->is_null()) return "";
  if (!found->is_string()) throw EntryError(std::string(key) + " is not a text");
  return found->get<std::string>();
}

std::optional<std::chrono::minutes> block_at(const Value& object) {
  const auto found = object.find("block");
  if (found == object.end() || found->is_null()) return std::nullopt;
  if (!found->is_number_integer() || *found < 0 || *found > kMaxBlock)
    throw EntryError("block is not a whole number of minutes from 0 to " + std::to_string(kMaxBlock));
  return std::chrono::minutes(found->get<int>());
}

std::string expiry_at(const Value& object) {
  const std::string until = text_at(object, "until");
  if (until.empty()) return std::string(kForEver);
  const auto end = end_of(until);
  if (!end) throw EntryError("until", until, "is not a time: YYYY-MM-DDThh:mm:ssZ, or YYYY-MM-DD");
  return *end;
}

std::string reply_at(const Value& object) {
  std::string reply = text_at(object, "reply");
  if (!reply.empty() && !is_reply(reply, '4') && !is_reply(reply, '5')) {
    throw EntryError(
        "reply", reply,
        "is not an SMTP reply: it has to be 4NN or 5NN, a blank and a text in printable ASCII, at "
        "most " +
            std::to_string(kMaxReply) + " characters");
  }
  return reply;
}

Entry entry_of(const Value& object) {
  if (!object.is_object()) throw EntryError("it is not an object");
  for (const auto& [key, value] : object.items()) {
    if (std::ranges::find(kKeys, key) == kKeys.end())
      throw EntryError(in_quotes(key, kLongestValue) + " is not something that an entry has");
  }
  const std::string action_word = text_at(object, "action");
  const auto action = action_of(action_word);
  if (!action) throw EntryError("action", action_word, "is not allow, deny, trap, greylist or skip");
  Entry entry{.action = *action,
              .pattern = Pattern::parse(text_at(object, "what"), text_at(object, "pattern")),
              .block = block_at(object),
              .reply = reply_at(object),
              .expires = expiry_at(object),
              .comment = stored_comment(text_at(object, "comment"))};
  if (const auto why = objection(entry)) throw EntryError(*why);
  return entry;
}

}  // namespace

Json json_of(const StoredEntry& entry) {
  Json object{{"id", entry.id},
              {"action", one_line(entry.action)},
              {"what", one_line(subject_of(entry))},
              {"pattern", one_line(entry.pattern)},
              {"until", entry.expires == kForEver ? Json() : Json(rfc_3339(entry.expires))},
              {"over", entry.is_over},
              {"comment", line_of_utf8(entry.comment)}};
  if (!entry.block.empty()) object.set("block", std::stol(entry.block));
  if (!entry.reply.empty()) object.set("reply", one_line(entry.reply));
  return object;
}

JsonList parse_json_list(const std::string& file, std::string_view text) {
  JsonList list;
  const Value array = Value::parse(text, nullptr, false);
  if (!array.is_array()) {
    list.why_not = file + ": is not a JSON array of entries, as greylistctl export json writes it";
    return list;
  }
  for (std::size_t i = 0; i < array.size(); ++i) {
    try {
      list.entries.push_back(entry_of(array[i]));
    } catch (const std::runtime_error& error) {
      list.problems.push_back(file + ", entry " + std::to_string(i + 1) + ": " + error.what() +
                              ". Ignoring this entry");
    }
  }
  return list;
}

}  // namespace greylisting::ctl
