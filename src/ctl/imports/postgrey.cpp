#include "ctl/imports/postgrey.h"

#include <algorithm>
#include <chrono>
#include <ctime>
#include <filesystem>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <utility>
#include <vector>

#include "ctl/imports/program_lines.h"
#include "ctl/print/figure_words.h"
#include "mail/address.h"
#include "mail/network.h"
#include "mail/sender_form.h"
#include "text/ascii.h"
#include "text/number.h"
#include "text/printable.h"

namespace greylisting::ctl {
namespace {

constexpr long kPassesToTrust = 5;   // --auto-whitelist-clients
constexpr std::time_t kDelay = 300;  // --delay, in seconds
constexpr std::size_t kHashDigits = 40;
constexpr std::size_t kLongestShown = 200;

bool is_hash(std::string_view key) { return key.size() == kHashDigits && ascii::is_hexadecimal(key); }

// `a,b`, and whatever follows another comma.
std::optional<std::pair<std::time_t, std::time_t>> two_numbers(std::string_view value) {
  const std::size_t comma = value.find(',');
  if (comma == std::string_view::npos) return std::nullopt;
  const auto first = number_of<std::time_t>(value.substr(0, comma));
  std::string_view rest = value.substr(comma + 1);
  const auto second = number_of<std::time_t>(rest.substr(0, rest.find(',')));
  if (!first || !second || *first < 0 || *second < 0) return std::nullopt;
  return std::pair(*first, *second);
}

// As db_dump -p writes a line: a blank before it, `\\` and `\hh` in it.
std::string unescaped_line(std::string_view line) {
  std::string bytes;
  const auto digit = [](char c) {
    return static_cast<unsigned>(std::string_view("0123456789abcdef").find(c));
  };
  for (std::size_t i = 1; i < line.size(); ++i) {
    if (line[i] != '\\' || i + 1 == line.size()) {
      bytes += line[i];
    } else if (line[i + 1] == '\\') {
      bytes += line[++i];
    } else if (i + 2 < line.size()) {
      bytes += static_cast<char>(digit(line[i + 1]) << 4U | digit(line[i + 2]));
      i += 2;
    }
  }
  return bytes;
}

// The records of a database, without what db_dump says around them. Postgrey's own environment knows what is
// not in the file yet; one that was copied may be of no use.
void dump(const std::string& directory, const std::string& file,
          const std::function<void(const std::string& key, const std::string& value)>& take) {
  const std::string whole = directory + '/' + file;
  for (const bool in_environment : {true, false}) {
    std::vector<std::pair<std::string, std::string>> records;
    ProgramEnd end;
    for (const char* const program : {"db5.3_dump", "db_dump"}) {
      std::optional<std::string> key;
      records.clear();
      const auto take_line = [&](const std::string& line) {
        if (!line.starts_with(' ')) return;
        if (key) {
          records.emplace_back(*std::exchange(key, std::nullopt), unescaped_line(line));
        } else {
          key = unescaped_line(line);
        }
      };
      end = in_environment ? read_program({program, "-p", "-h", directory, file}, take_line)
                           : read_program({program, "-p", whole}, take_line);
      if (end.status != 127) break;
    }
    if (end.status == 127) {
      throw std::runtime_error(
          "Postgrey's databases are read by db5.3_dump, which is not there; apt-get install db5.3-util");
    }
    if (end.status == 0) {
      for (const auto& [key, value] : records) take(key, value);
      return;
    }
    if (!in_environment) {
      throw std::runtime_error(one_line(whole) + ": " +
                               one_line(end.errors.substr(0, end.errors.find('\n'))) +
                               "; name the directory of Postgrey (--dbdir), as root");
    }
  }
}

// The place of the slash between sender and recipient. A sender can have some of its own, and its domain
// none.
std::size_t end_of_sender(std::string_view path) {
  const std::size_t at = path.find('@');
  const std::size_t slash = path.find('/', at == std::string_view::npos ? 0 : at);
  return path.starts_with('/') ? 0 : slash == std::string_view::npos ? path.find('/') : slash;
}

// Of two numbers in a row Postgrey has two signs, and the form of a sender here one.
std::string sender_of(std::string text) {
  std::ranges::replace(text, '#', '0');
  return sender_form(Address::sender(text));
}

}  // namespace

bool take_postgrey_triplet(Known& known, std::string_view key, std::string_view value,
                           const Settings& settings) {
  const std::size_t end_of_client = key.find('/');
  const auto times = two_numbers(value);
  if (end_of_client == std::string_view::npos || !times) return false;
  const std::string client(key.substr(0, end_of_client));
  const std::string_view path = key.substr(end_of_client + 1);
  const std::size_t slash = end_of_sender(path);
  if (!IpAddress::parse(client) || slash == std::string_view::npos || slash + 1 == path.size()) return false;
  const auto [first, last] = *times;
  const bool has_passed =
      last - first >= std::min(kDelay, std::chrono::seconds(settings.block_expire).count());
  const std::string sender(path.substr(0, slash));
  if (!sender.starts_with("#@")) {
    known.triplets.push_back({.client = client,
                              .sender = sender.find('#') == std::string::npos ? sender : sender_of(sender),
                              .recipient = std::string(path.substr(slash + 1)),
                              .first = first,
                              .last = last,
                              .has_passed = has_passed});
  } else if (has_passed) {
    known.clients.push_back({.client = client, .last = last});
  }
  return true;
}

bool take_postgrey_client(Known& known, std::string_view key, std::string_view value) {
  const auto numbers = two_numbers(value);
  if (!IpAddress::parse(std::string(key)) || !numbers) return false;
  const auto [passes, last] = *numbers;
  known.clients.push_back(
      {.client = std::string(key), .passes = passes >= kPassesToTrust ? 0 : passes, .last = last});
  return true;
}

Known read_postgrey(const std::string& directory, const Settings& settings) {
  Known known;
  std::size_t hashes = 0;
  const auto read = [&](const std::string& file, auto take) {
    dump(directory, file, [&](const std::string& key, const std::string& value) {
      if (is_hash(key)) {
        ++hashes;
      } else if (!take(key, value)) {
        known.problems.push_back(file + ": " + in_quotes(key, kLongestShown) + " = " +
                                 in_quotes(value, kLongestShown) + " is no record of Postgrey's");
      }
    });
  };
  read("postgrey.db", [&](std::string_view key, std::string_view value) {
    return take_postgrey_triplet(known, key, value, settings);
  });
  // Not there with --auto-whitelist-clients=0.
  if (std::filesystem::exists(directory + "/postgrey_clients.db")) {
    read("postgrey_clients.db", [&](std::string_view key, std::string_view value) {
      return take_postgrey_client(known, key, value);
    });
  }
  if (hashes > 0) {
    known.notes.push_back(counted(hashes, "record") +
                          " left out, of which Postgrey has only a hash (--privacy)");
  }
  return known;
}

}  // namespace greylisting::ctl
