// Printing and parsing of single attribute values. Nested operators and programs stand in quotes, so that a reader of the
// surrounding text need not know their grammar; an undefined one is the empty string.
#include "ops/fields.h"

#include <charconv>

#include "base/error.h"

namespace burnish::ops {

std::string print_field(int64_t value) { return std::to_string(value); }

std::string print_field(double value) {
  std::array<char, 32> text;
  const auto [end, error] = std::to_chars(text.data(), text.data() + text.size(), value);
  BURNISH_CHECK(error == std::errc{});
  return {text.data(), end};
}

std::string print_field(bool value) { return value ? "true" : "false"; }

std::string print_field(const std::string& value) { return quoted(value); }

std::string print_field(DType value) { return std::string(name_of(value)); }

std::string print_field(const Op& value) { return quoted(value.defined() ? value.text() : std::string()); }

std::string print_field(const Expr& value) { return quoted(value == Expr{} ? std::string() : value.text()); }

void parse_field(TextCursor& cursor, int64_t& value) { value = cursor.integer(); }

void parse_field(TextCursor& cursor, double& value) { value = cursor.number(); }

void parse_field(TextCursor& cursor, bool& value) {
  const std::string_view word = cursor.word();
  if (word != "true" and word != "false") cursor.fail_here("expected `true` or `false`");
  value = word == "true";
}

void parse_field(TextCursor& cursor, std::string& value) { value = cursor.quoted_string(); }

void parse_field(TextCursor& cursor, DType& value) {
  const std::string_view word = cursor.word();
  const std::optional<DType> dtype = dtype_from_name(word);
  if (not dtype) cursor.fail_here("unknown element type `" + std::string(word) + "`");
  value = *dtype;
}

void parse_field(TextCursor& cursor, Op& value) {
  const std::string text = cursor.quoted_string();
  value = text.empty() ? Op() : Op::parse(text);
}

void parse_field(TextCursor& cursor, Expr& value) {
  const std::string text = cursor.quoted_string();
  value = text.empty() ? Expr() : Expr::parse(text);
}

}  // namespace burnish::ops
