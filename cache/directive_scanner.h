// Reads lists of directives, `name`, `name=token`, `name="quoted"`, as Cache-Control has them (RFC 9111, 5.2).
#ifndef CACHE_DIRECTIVE_SCANNER_H_
#define CACHE_DIRECTIVE_SCANNER_H_

#include <optional>
#include <string>
#include <string_view>

namespace verge::cache {

class DirectiveScanner {
 public:
  explicit DirectiveScanner(std::string_view list) : rest_(list) {}

  // Moves to the next directive; false at the end. Commas in quoted strings separate nothing.
  bool Next();

  [[nodiscard]] const std::string& name() const { return name_; }  // in lower case
  // What follows '=', unquoted. nullopt: no '='. Of a directive that breaks the grammar (white space around '=', an
  // open quote): malformed, with whatever there is.
  [[nodiscard]] const std::optional<std::string>& value() const { return value_; }
  [[nodiscard]] bool malformed() const { return malformed_; }

 private:
  std::string_view rest_;
  std::string name_;
  std::optional<std::string> value_;
  bool malformed_ = false;
};

}  // namespace verge::cache

#endif  // CACHE_DIRECTIVE_SCANNER_H_
