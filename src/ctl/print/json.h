// json: a value that the tool prints as JSON.
//
// nlohmann-json behind a door of its own: a file that includes it takes the compiler ten seconds, so only
// json.cpp does, and what reads JSON.
#pragma once

#include <initializer_list>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace greylisting::ctl {

/// `Json{{"name", "x"}, {"count", 1}}` is an object, whose members stay in that order; `Json()` is null.
class Json {
 public:
  struct Member;

  static Json object();
  static Json array();

  Json();
  Json(const char* text);
  Json(std::string_view text);
  Json(const std::string& text);
  Json(bool truth);
  Json(int number);
  Json(long number);
  Json(unsigned number);
  Json(unsigned long number);
  Json(unsigned long long number);
  Json(double number);
  Json(std::initializer_list<Member> members);

  Json(const Json& other);
  Json(Json&& other) noexcept;
  Json& operator=(Json other) noexcept;
  ~Json();

  /// Adds a member, or changes it.
  void set(std::string_view name, const Json& value);
  /// Adds the members of another object.
  void set(const Json& members);
  /// Adds to an array.
  void push_back(const Json& value);

  /// Two blanks for each level, no line end at the end. What is not UTF-8 in a text is replaced.
  std::string text() const;

  /// The same in one line.
  std::string line() const;

 private:
  explicit Json(nlohmann::ordered_json value);

  std::unique_ptr<nlohmann::ordered_json> value_;
};

struct Json::Member {
  std::string_view name;
  Json value;
};

/// An array of those texts.
Json json_texts(const std::vector<std::string>& texts);

}  // namespace greylisting::ctl
