#include <iostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ctl/commands.h"
#include "ctl/lists/entry_json.h"
#include "ctl/print/json.h"
#include "ctl/print/table.h"
#include "ctl/records/earned.h"
#include "ctl/records/expected.h"
#include "text/utc.h"
#include "text/utf8.h"

namespace greylisting::ctl {
namespace {

Cells cells(const StoredEntry& entry) {
  std::string remarks;
  if (!entry.block.empty()) remarks += "block " + entry.block + " min; ";
  if (!entry.reply.empty()) remarks += "reply \"" + one_line(entry.reply) + "\"; ";
  remarks += line_of_utf8(entry.comment);
  if (remarks.ends_with("; ")) remarks.resize(remarks.size() - 2);
  const std::string expires = entry.expires == kForEver ? "for ever" : entry.expires;
  return {entry.id,
          one_line(entry.action),
          one_line(subject_of(entry)),
          one_line(entry.pattern),
          entry.is_over ? "expired" : expires,
          remarks};
}

Json json_of(const EarnedClient& client) {
  return {{"identity", one_line(client.identity)},
          {client.is_group ? "senders" : "passes", std::stol(client.passes)},
          {"counted", rfc_3339(client.counted)},
          {"until", rfc_3339(client.until)}};
}

Cells cells(const EarnedClient& client) {
  return {one_line(client.identity), client.passes + (client.is_group ? " senders" : ""), client.counted,
          client.until};
}

Json json_of(const ExpectedMail& mail) {
  return {{"sender", one_line(mail.sender)},
          {"recipient", one_line(mail.recipient)},
          {"until", rfc_3339(mail.until)}};
}

Cells cells(const ExpectedMail& mail) {
  return {one_line(mail.sender), one_line(mail.recipient), mail.until};
}

template <typename Item>
void print(const std::vector<Item>& items, const ListOptions& options, const TableLayout& layout, Cells head,
           std::string_view nothing) {
  if (options.json) {
    Json array = Json::array();
    for (const Item& item : items) array.push_back(json_of(item));
    std::cout << array.text() << '\n';
    return;
  }
  if (items.empty()) {
    std::cout << nothing << '\n';
    return;
  }
  std::vector<Cells> rows{std::move(head)};
  for (const Item& item : items) rows.push_back(cells(item));
  print_table(rows, layout);
}

}  // namespace

int list(const LoadedSettings& loaded, const ListOptions& options) {
  const auto administration = open_administration(loaded.settings);
  for (const Standing standing : {Standing::trusted, Standing::trapped}) {
    if (options.what != name(standing)) continue;
    print(clients(*administration, loaded.settings, standing), options, {.cut = {0}, .is_wide = options.wide},
          {"identity", "passes", "last counted (UTC)", "until (UTC)"}, "There are no such clients.");
    return kDone;
  }
  if (options.what == "expected") {
    print(expected_mail(*administration), options, {.cut = {0, 1}, .is_wide = options.wide},
          {"sender", "recipient", "until (UTC)"}, "No mail is expected.");
    return kDone;
  }
  auto entries = EntryTable(*administration, loaded.settings).all();
  if (!options.what.empty())
    std::erase_if(entries, [&](const StoredEntry& entry) { return entry.action != options.what; });
  print(entries, options, {.cut = {3, 5}, .is_wide = options.wide},
        {"id", "action", "what", "pattern", "until (UTC)", "comment"}, "There are no such entries.");
  return kDone;
}

}  // namespace greylisting::ctl
