#include "host/spf.h"

// Its headers take what these have for granted.
#include <arpa/nameser.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/types.h>

extern "C" {
#include <spf2/spf.h>
}

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <ctime>
#include <exception>
#include <memory>
#include <new>
#include <set>

#include "host/spf_cache.h"
#include "mail/address.h"
#include "mail/fingerprint.h"
#include "process/dns.h"
#include "process/state_directory.h"

namespace greylisting {
namespace {

using std::chrono::seconds;

// What is not there, and what could not be asked.
constexpr seconds kNegativeTtl = std::chrono::minutes(5);
constexpr seconds kFailureTtl = std::chrono::minutes(1);

// What one check of libspf2 asks of DNS.
struct Lookups {
  Dns dns;
  seconds ttl;                        // how long all that was found holds
  bool has_failed = false;            // one of them was not answered
  int terms = 0;                      // that have asked DNS
  int voids = 0;                      // of those, whose question found nothing
  std::set<std::string> exchanges{};  // what MX records have named, whose addresses are the term's that asked
};

constexpr int kMostTerms = 10;  // RFC 7208, section 4.6.4
constexpr int kMostVoids = 2;   // likewise

// Whether this question is a term's own. The first is for the record itself.
bool is_of_term(Lookups& lookups, const std::string& name, DnsType type) {
  const bool is_address = type == DnsType::a || type == DnsType::aaaa;
  const bool is_of_other =
      is_address && (lookups.exchanges.contains(name) || !lookups.exchanges.insert(name).second);
  return !is_of_other && lookups.terms++ > 0;
}

// Whether a record and all that it includes have asked more than they may. The library counts the terms of
// each record by itself, and not what is found.
bool are_too_many(const Lookups& lookups) {
  return lookups.terms > kMostTerms + 1 || lookups.voids > kMostVoids;
}

SPF_dns_stat_t status_of(DnsAnswer::Status status) {
  switch (status) {
    case DnsAnswer::Status::found:
      return NETDB_SUCCESS;
    case DnsAnswer::Status::no_data:
      return NO_DATA;
    case DnsAnswer::Status::no_such_name:
      return HOST_NOT_FOUND;
    case DnsAnswer::Status::failed:
      break;
  }
  return TRY_AGAIN;
}

// Of libspf2's making, which frees it.
SPF_dns_rr_t* look_up(SPF_dns_server_t* server, const char* domain, ns_type type, int /*should_cache*/) {
  Lookups& lookups = *static_cast<Lookups*>(server->hook);
  const bool is_of_a_term = is_of_term(lookups, domain, static_cast<DnsType>(type));
  const DnsAnswer answer = are_too_many(lookups) ? DnsAnswer{.status = DnsAnswer::Status::no_such_name}
                                                 : lookups.dns.ask(domain, static_cast<DnsType>(type));
  if (type == ns_t_mx) lookups.exchanges.insert(answer.values.begin(), answer.values.end());
  const bool is_found = answer.status == DnsAnswer::Status::found;
  const bool is_void =
      answer.status == DnsAnswer::Status::no_such_name || answer.status == DnsAnswer::Status::no_data;
  lookups.voids += is_of_a_term && is_void ? 1 : 0;
  lookups.has_failed = lookups.has_failed || answer.status == DnsAnswer::Status::failed;
  lookups.ttl = std::min(lookups.ttl, is_found ? answer.ttl : kNegativeTtl);
  SPF_dns_rr_t* const records = SPF_dns_rr_new_init(
      server, domain, type, static_cast<int>(answer.ttl.count()), status_of(answer.status));
  if (records == nullptr) return nullptr;
  for (const std::string& value : answer.values) {
    // Room for the zero at the end of a text; an address may be shorter or longer than it should be.
    constexpr std::size_t kLeast = sizeof(in6_addr);
    const int place = records->num_rr;
    if (SPF_dns_rr_buf_realloc(records, place, std::max(value.size() + 1, kLeast)) != SPF_E_SUCCESS) break;
    std::memset(records->rr[place], 0, kLeast);
    std::memcpy(records->rr[place], value.c_str(), value.size() + 1);
    ++records->num_rr;
  }
  return records;
}

template <typename Object>
using Freed = std::unique_ptr<Object, void (*)(Object*)>;

std::string word_for(SPF_result_t result) {
  return result == SPF_RESULT_INVALID ? "permerror" : SPF_strresult(result);
}

// The sender's domain as DNS has it, whatever form it came in.
std::string mailbox(const Session& session) {
  const std::string local_part = session.sender.substr(0, session.sender.rfind('@'));
  return local_part + '@' + std::string(Address::sender(session.sender).domain());
}

std::string check(const Session& session, const IpAddress& client, Lookups& lookups) {
  SPF_dns_server_t layer{};
  layer.lookup = look_up;
  layer.name = "greylisting";
  layer.hook = &lookups;
  const Freed<SPF_server_t> server(SPF_server_new_dns(&layer, 0), SPF_server_free);
  if (!server) throw std::bad_alloc();
  const Freed<SPF_request_t> request(SPF_request_new(server.get()), SPF_request_free);
  if (!request) throw std::bad_alloc();
  const std::string address = client.text();
  if (client.is_ipv4()) {
    SPF_request_set_ipv4_str(request.get(), address.c_str());
  } else {
    SPF_request_set_ipv6_str(request.get(), address.c_str());
  }
  if (!session.helo.empty()) SPF_request_set_helo_dom(request.get(), session.helo.c_str());
  SPF_request_set_env_from(request.get(), mailbox(session).c_str());
  SPF_response_t* response = nullptr;
  SPF_request_query_mailfrom(request.get(), &response);
  const Freed<SPF_response_t> freed(response, SPF_response_free);
  return response == nullptr ? "permerror" : word_for(SPF_response_result(response));
}

Fingerprint key_of(const Session& session, const IpAddress& client, const Settings& settings) {
  std::string question = "spf";
  for (const std::string& part : {client.text(), session.helo, session.sender})
    question.append(1, '\0').append(part);
  return Fingerprinter(settings.privacy_key).of(question);
}

}  // namespace

std::string spf_result(const Session& session, const IpAddress& client, const Settings& settings,
                       std::chrono::steady_clock::time_point end, std::vector<std::string>& problems) {
  if (session.sender.find('@') == std::string::npos) return "none";
  const Fingerprint key = key_of(session, client, settings);
  SpfCache cache{std::string(kStateDirectory)};
  const std::time_t now = std::time(nullptr);
  if (auto known = cache.find(key, now)) return *known;
  try {
    Lookups lookups{.dns = {settings.dns_server, end}, .ttl = std::chrono::days(1)};
    std::string result = check(session, client, lookups);
    // The check ends there (RFC 7208, section 2.6.6), whatever the library makes of it.
    if (lookups.has_failed) result = "temperror";
    if (are_too_many(lookups)) result = "permerror";
    if (result == "temperror") lookups.ttl = std::min(lookups.ttl, kFailureTtl);
    cache.keep(key, result, now, now + lookups.ttl.count());
    return result;
  } catch (const std::exception& error) {
    problems.emplace_back(error.what());
    return "temperror";
  }
}

}  // namespace greylisting
