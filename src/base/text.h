// Small text helpers: splitting, trimming, quoting, and a cursor for the hand-written parsers of Burnish's text forms.
// The cursor never reads past its end and reports line and column in its errors.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace burnish {

std::vector<std::string_view> split(std::string_view text, char separator);
std::string_view trim(std::string_view text);
/// Double quotes around, backslash escapes for quote, backslash, newline, tab and other control characters (\xNN).
std::string quoted(std::string_view text);
/// The known word with the smallest edit distance to `word`, empty where none is close: for "did you mean".
std::string_view nearest(std::string_view word, const std::vector<std::string_view>& known);

/// Reads tokens from text. Every `expect_` throws Error "line L, column C: expected ...".
class TextCursor {
 public:
  explicit TextCursor(std::string_view text) : text_(text) {}

  bool at_end();                        // skips blanks and #-comments first
  bool accept(std::string_view token);  // consumes it if it is next
  void expect(std::string_view token);
  char peek();              // next significant character, '\0' at the end
  std::string_view word();  // [A-Za-z0-9_.?-]+ ; throws where there is none
  int64_t integer();
  double number();  // also inf, -inf, nan
  std::string quoted_string();
  size_t position() const { return position_; }
  std::string_view rest() const { return text_.substr(position_); }
  /// "line L, column C" of the next character.
  std::string location() const;
  [[noreturn]] void fail_here(std::string_view message) const;

 private:
  void skip();

  std::string_view text_;
  size_t position_ = 0;
};

}  // namespace burnish
