#include "ctl/imports/sql_dump.h"

#include <string>
#include <string_view>
#include <vector>

#include "tests/support/catch.h"

namespace greylisting::ctl {
namespace {

// `line table(columns): value|value`, a line a row; then the lines that could not be read.
std::string rows(std::string_view text) {
  std::string found;
  const auto joined = [](const std::vector<std::string>& words) {
    std::string all;
    for (const std::string& word : words) all.append(&word == &words.front() ? "" : "|").append(word);
    return all;
  };
  for (const std::size_t line : read_dump(text, [&](const DumpedRow& row) {
         found += std::to_string(row.line) + ' ' + std::string(row.table) + '(' + joined(row.columns) +
                  "): " + joined(row.values) + '\n';
       })) {
    found += "failed " + std::to_string(line) + '\n';
  }
  return found;
}

}  // namespace

TEST_CASE("read_dump: INSERT, of MySQL with its escapes", "[import]") {
  CHECK(rows("INSERT INTO `connect` VALUES ('a','b\\'c\\\\',NULL,5),('d','','e,f);',-1.5);\n") ==
        "1 connect(): a|b'c\\||5\n1 connect(): d||e,f);|-1.5\n");
  CHECK(
      rows("-- x\ninsert into `a`.`b` (`c`, `d`)\n  VALUES (1,2),\n  (3,4);\nINSERT INTO `e` VALUES (5);") ==
      "3 b(c|d): 1|2\n4 b(c|d): 3|4\n5 e(): 5\n");
}

TEST_CASE("read_dump: INSERT, of SQLite and PostgreSQL, without escapes", "[import]") {
  CHECK(
      rows("INSERT INTO connect VALUES('o''hara\\x','y');\nINSERT INTO \"public\".\"t\" VALUES ('\\');\n") ==
      "1 connect(): o'hara\\x|y\n2 t(): \\\n");
}

TEST_CASE("read_dump: COPY", "[import]") {
  CHECK(rows("COPY public.connect (a, b, c) FROM stdin;\nx\\\\y\t\t\\N\n1\t2\t3\n\\.\nCOPY t FROM "
             "stdin;\n\\.\n") == "2 connect(a|b|c): x\\y||\n3 connect(a|b|c): 1|2|3\n");
}

TEST_CASE("read_dump: other statements do not matter, broken ones are said", "[import]") {
  CHECK(rows("").empty());
  CHECK(rows("\n\n").empty());
  CHECK(rows("CREATE TABLE t (\n  copy_of int,\n  insertion int\n);\nUPDATE t SET x = 'INSERT INTO t';\n")
            .empty());
  CHECK(rows("INSERT INTO t VALUES ('cut off") == "failed 1\n");
  CHECK(rows("INSERT INTO t VALUES (1),(2\n") == "1 t(): 1\nfailed 1\n");
  CHECK(rows("INSERT INTO t SELECT 1;\nINSERT INTO t VALUES (2);\n") == "2 t(): 2\nfailed 1\n");
  CHECK(rows("COPY t FROM stdin;\n1\n") == "2 t(): 1\nfailed 2\n");
}

}  // namespace greylisting::ctl
