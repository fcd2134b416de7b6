#include "ctl/imports/postgrey.h"

#include <chrono>
#include <string>
#include <string_view>

#include "tests/support/catch.h"

namespace greylisting::ctl {
namespace {

// `client sender -> recipient first last passed`, or for a client `client passes last`.
std::string triplet(std::string_view key, std::string_view value, long block_minutes = 55) {
  Known known;
  Settings settings;
  settings.block_expire = std::chrono::minutes(block_minutes);
  if (!take_postgrey_triplet(known, key, value, settings)) return "none";
  if (known.triplets.empty()) return known.clients.empty() ? "nothing" : "trust " + known.clients[0].client;
  const KnownTriplet& found = known.triplets[0];
  return found.client + ' ' + found.sender + " -> " + found.recipient + ' ' + std::to_string(found.first) +
         ' ' + std::to_string(found.last) + (found.has_passed ? " passed" : " waits");
}

std::string client(std::string_view key, std::string_view value) {
  Known known;
  if (!take_postgrey_client(known, key, value)) return "none";
  return known.clients[0].client + ' ' + std::to_string(known.clients[0].passes);
}

}  // namespace

TEST_CASE("postgrey: a triplet", "[import]") {
  CHECK(triplet("192.0.2.0/a@b.example/c@d.example", "1000,1300") ==
        "192.0.2.0 a@b.example -> c@d.example 1000 1300 passed");
  CHECK(triplet("192.0.2.0/a@b.example/c@d.example", "1000,1299") ==
        "192.0.2.0 a@b.example -> c@d.example 1000 1299 waits");
  CHECK(triplet("192.0.2.0/a@b.example/c@d.example", "1000,1299,7", 2) ==
        "192.0.2.0 a@b.example -> c@d.example 1000 1299 passed");
  CHECK(triplet("2001:db8:0:0:0:0:0:0//c/x@d.example", "1,1") ==
        "2001:db8:0:0:0:0:0:0  -> c/x@d.example 1 1 waits");
  CHECK(triplet("192.0.2.0/a/x@b.example/c/y@d.example", "1,1") ==
        "192.0.2.0 a/x@b.example -> c/y@d.example 1 1 waits");
  CHECK(triplet("192.0.2.0/root/c@d.example", "1,1") == "192.0.2.0 root -> c@d.example 1 1 waits");
}

TEST_CASE("postgrey: a sender whose numbers are not known", "[import]") {
  CHECK(triplet("192.0.2.0/win-#-prize@b.example/c@d.example", "1000,1300") ==
        "192.0.2.0 win-#-prize@b.example -> c@d.example 1000 1300 passed");
  CHECK(triplet("192.0.2.0/bounce-#@b.example/c@d.example", "1000,1000") ==
        "192.0.2.0 bounce-#@b.example -> c@d.example 1000 1000 waits");
  CHECK(triplet("192.0.2.0/bounce-#-#-x@b.example/c@d.example", "1000,1300") ==
        "192.0.2.0 bounce-#-x@b.example -> c@d.example 1000 1300 passed");
  CHECK(triplet("192.0.2.0/#@b.example/c@d.example", "1000,1300") == "trust 192.0.2.0");
  CHECK(triplet("192.0.2.0/#@b.example/c@d.example", "1000,1000") == "nothing");
}

TEST_CASE("postgrey: what is no record", "[import]") {
  for (const std::string_view key :
       {"", "192.0.2.0", "192.0.2.0/", "192.0.2.0/a@b", "192.0.2.0/a@b/", "x/a@b/c@d"})
    CHECK(triplet(key, "1,1") == "none");
  for (const std::string_view value : {"", "1", "1,", ",1", "1,x", "-1,1"})
    CHECK(triplet("192.0.2.0/a@b/c@d", value) == "none");
}

TEST_CASE("postgrey: a client", "[import]") {
  CHECK(client("192.0.2.7", "4,1000") == "192.0.2.7 4");
  CHECK(client("192.0.2.7", "5,1000") == "192.0.2.7 0");  // as many as trust wants
  CHECK(client("mx.example", "5,1000") == "none");
  CHECK(client("192.0.2.7", "5") == "none");
}

}  // namespace greylisting::ctl
