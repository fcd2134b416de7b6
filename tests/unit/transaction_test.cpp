#include "judgement/transaction.h"

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "tests/support/catch.h"

namespace greylisting {
namespace {

// The transaction as the environment has it; nullopt for a variable that is not set.
Transaction transaction(const std::optional<std::string>& tried, const std::optional<std::string>& accepted,
                        const std::optional<std::string>& memory = std::nullopt) {
  return Transaction::from([&](const char* name) -> const char* {
    const std::map<std::string_view, const std::optional<std::string>*> variables{
        {"SMTPRCPTCOUNTALL", &tried}, {"SMTPRCPTCOUNT", &accepted}, {"GREYLISTING_TRANSACTION", &memory}};
    const auto found = variables.find(name);
    return found == variables.end() || !*found->second ? nullptr : (*found->second)->c_str();
  });
}

std::string marks(const Transaction& transaction) {
  return std::string(transaction.has_header ? "header " : "") + (transaction.refused_at_data ? "data " : "") +
         (transaction.has_earned ? "earned " : "") + (transaction.was_refused ? "refused " : "") +
         (transaction.takes_back ? "back " : "");
}

TEST_CASE("Transaction::from: the host's counters", "[transaction]") {
  const Transaction third = transaction("3", "1");
  CHECK(third.tried == 3);
  CHECK(third.accepted == 1);
  CHECK(third.is_counted());
  CHECK_FALSE(third.is_remembered);
  CHECK_FALSE(third.is_marked());
}

TEST_CASE("Transaction::from: recipients that are not counted", "[transaction]") {
  const auto tried = GENERATE(values<std::optional<std::string>>(
      {std::nullopt, "", "x", "-1", " 1", "1 ", "1x", "0", "99999999999999999999999"}));
  CHECK_FALSE(transaction(tried, "0").is_counted());
  CHECK_FALSE(transaction(tried, "0", "0:0:data").is_marked());
}

TEST_CASE("Transaction::from: the marks of the recipients before, in the same transaction", "[transaction]") {
  struct Row {
    std::string memory;
    std::string tried;
    std::string accepted;
    std::string marks;
  };
  const Row row = GENERATE(values<Row>({{"1:0:header", "2", "1", "header "},
                                        {"1:0:data", "2", "1", "data "},
                                        {"1:0:header:data", "2", "1", "header data "},
                                        {"1:0:data", "2", "0", "data "},  // it was refused after all
                                        {"1:0:data", "5", "1", "data "},  // others were not ours
                                        {"3:2:data", "4", "2", "data "},
                                        {"9:0:data", "10", "0", "data "},  // by number, not by letter
                                        // What was earned for one whom the host has accepted, or refused.
                                        {"1:0:earned", "2", "1", ""},
                                        {"1:0:earned", "2", "0", "refused back "},
                                        {"1:0:data:earned", "3", "0", "data refused back "},
                                        {"2:0:refused", "3", "0", "refused "},
                                        {"2:0:refused", "3", "1", ""},
                                        {"3:1:earned", "4", "1", "refused back "},
                                        {"1:0:earned", "1", "0", ""},
                                        // The next one has begun.
                                        {"1:0:data", "1", "0", ""},
                                        {"3:2:header", "1", "0", ""},
                                        {"3:2:header", "3", "2", ""},
                                        {"3:2:header", "4", "1", ""}}));
  CAPTURE(row.memory, row.tried, row.accepted);
  const Transaction read = transaction(row.tried, row.accepted, row.memory);
  CHECK(read.is_remembered);
  CHECK(marks(read) == row.marks);
  CHECK(read.is_marked() == !row.marks.empty());
}

TEST_CASE("Transaction::from: a variable that is not ours says nothing", "[transaction]") {
  const std::string memory =
      GENERATE(as<std::string>(), "", ":", "::", "1", "1:", "1:0x", "x:0:data", "1:x:data", "-1:0:data",
               "1:0:", "1:0data", "1:0:dat", "1:0:data:", "1:0:data:data", "1:0:data:header",
               "1:0:earned:data", "1:0:refused:earned", "1:0:earned:back", "1:0:data x", " 1:0:data",
               "1:0:DATA", "99999999999999999999999:0:data", ":0:data", "1::data", "data", "1:0:data\n");
  CAPTURE(memory);
  const Transaction read = transaction("2", "1", memory);
  CHECK(read.is_remembered);
  CHECK_FALSE(read.is_marked());
  CHECK(read.tried == 2);
  CHECK(read.accepted == 1);
}

TEST_CASE("Transaction::value: is read back at the next recipient", "[transaction]") {
  Transaction now{.tried = 18446744073709551614U, .accepted = 12};
  now.has_header = GENERATE(false, true);
  now.refused_at_data = GENERATE(false, true);
  CAPTURE(now.value());
  const Transaction next = transaction("18446744073709551615", "13", now.value());
  CHECK(next.has_header == now.has_header);
  CHECK(next.refused_at_data == now.refused_at_data);
}

TEST_CASE("Transaction::value: the counters and the marks", "[transaction]") {
  CHECK(Transaction{.tried = 3, .accepted = 1}.value() == "3:1");
  CHECK(Transaction{.tried = 3, .accepted = 1, .has_header = true, .refused_at_data = true}.value() ==
        "3:1:header:data");
  CHECK(Transaction{.tried = 3, .accepted = 1, .has_earned = true}.value() == "3:1:earned");
  CHECK(Transaction{.tried = 3, .accepted = 1, .was_refused = true, .takes_back = true}.value() ==
        "3:1:refused");
}

}  // namespace
}  // namespace greylisting
