#include "ctl/print/json.h"

#include <nlohmann/json.hpp>
#include <utility>

namespace greylisting::ctl {

using Value = nlohmann::ordered_json;

Json::Json(Value value) : value_(std::make_unique<Value>(std::move(value))) {}

Json Json::object() { return Json(Value::object()); }
Json Json::array() { return Json(Value::array()); }

Json::Json() : Json(Value()) {}
Json::Json(const char* text) : Json(Value(text)) {}
Json::Json(std::string_view text) : Json(Value(text)) {}
Json::Json(const std::string& text) : Json(Value(text)) {}
Json::Json(bool truth) : Json(Value(truth)) {}
Json::Json(int number) : Json(Value(number)) {}
Json::Json(long number) : Json(Value(number)) {}
Json::Json(unsigned number) : Json(Value(number)) {}
Json::Json(unsigned long number) : Json(Value(number)) {}
Json::Json(unsigned long long number) : Json(Value(number)) {}
Json::Json(double number) : Json(Value(number)) {}
Json::Json(std::initializer_list<Member> members) : Json(Value::object()) {
  for (const auto& [name, value] : members) set(name, value);
}

Json::Json(const Json& other) : Json(Value(*other.value_)) {}
Json::Json(Json&& other) noexcept = default;
Json& Json::operator=(Json other) noexcept {
  value_.swap(other.value_);
  return *this;
}
Json::~Json() = default;

void Json::set(std::string_view name, const Json& value) { (*value_)[std::string(name)] = *value.value_; }
void Json::set(const Json& members) { value_->update(*members.value_); }
void Json::push_back(const Json& value) { value_->push_back(*value.value_); }

std::string Json::text() const { return value_->dump(2, ' ', false, Value::error_handler_t::replace); }
std::string Json::line() const { return value_->dump(-1, ' ', false, Value::error_handler_t::replace); }

Json json_texts(const std::vector<std::string>& texts) {
  Json array = Json::array();
  for (const std::string& text : texts) array.push_back(text);
  return array;
}

}  // namespace greylisting::ctl
