#include "judgement/facts.h"

#include <algorithm>
#include <type_traits>

namespace greylisting {
namespace {

// Of both records, where there are two.
template <typename Member, typename Choose>
auto of_both(const Facts& facts, Member member, Choose choose) {
  using Value = std::remove_cvref_t<decltype((*facts.record).*member)>;
  if (!facts.pool_record) return facts.record ? (*facts.record).*member : Value{};
  const Value of_pool = (*facts.pool_record).*member;
  return facts.record ? choose((*facts.record).*member, of_pool) : of_pool;
}

constexpr auto kLeast = [](auto a, auto b) { return std::min(a, b); };
constexpr auto kMost = [](auto a, auto b) { return std::max(a, b); };

}  // namespace

std::chrono::seconds Facts::blocked_for() const { return of_both(*this, &Record::blocked_for, kLeast); }
std::chrono::seconds Facts::age() const { return of_both(*this, &Record::age, kMost); }
std::uint64_t Facts::blocked() const { return of_both(*this, &Record::blocked, kMost); }
bool Facts::has_passed() const { return of_both(*this, &Record::passed, kMost) > 0; }

}  // namespace greylisting
