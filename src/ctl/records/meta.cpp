#include "ctl/records/meta.h"

namespace greylisting::ctl {

std::string meta(Administration& store, const std::string& name) {
  const auto rows = store.ask(
      "SELECT value FROM greylisting_meta WHERE name = " + sql::text_literal(name, store.dialect()), 1);
  return rows.empty() ? "" : rows[0][0];
}

void set_meta(Administration& store, const std::string& name, const std::string& value) {
  const auto literal = [&store](const std::string& text) { return sql::text_literal(text, store.dialect()); };
  store.ask("REPLACE INTO greylisting_meta (name, value) VALUES (" + literal(name) + ", " +
            literal(value.substr(0, kLongestMeta)) + ')');
}

void remove_meta(Administration& store, const std::string& name) {
  store.ask("DELETE FROM greylisting_meta WHERE name = " + sql::text_literal(name, store.dialect()));
}

}  // namespace greylisting::ctl
