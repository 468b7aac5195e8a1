#include "base/text.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/error.h"

namespace burnish {
namespace {

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 or c == '_' or c == '.' or c == '?' or c == '-'; }

size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = std::exchange(row[0], i);
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t substituted = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, substituted});
    }
  }
  return row[b.size()];
}

}  // namespace

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (size_t begin = 0;;) {
    const size_t end = text.find(separator, begin);
    parts.push_back(text.substr(begin, end == std::string_view::npos ? end : end - begin));
    if (end == std::string_view::npos) return parts;
    begin = end + 1;
  }
}

std::string_view trim(std::string_view text) {
  while (not text.empty() and std::isspace(static_cast<unsigned char>(text.front())) != 0) text.remove_prefix(1);
  while (not text.empty() and std::isspace(static_cast<unsigned char>(text.back())) != 0) text.remove_suffix(1);
  return text;
}

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' or c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::string_view nearest(std::string_view word, const std::vector<std::string_view>& known) {
  std::string_view best;
  size_t least = std::max<size_t>(2, word.size() / 3) + 1;
  for (const std::string_view candidate : known)
    if (const size_t distance = edit_distance(word, candidate); distance < least) {
      least = distance;
      best = candidate;
    }
  return best;
}

void TextCursor::skip() {
  while (position_ < text_.size()) {
    if (std::isspace(static_cast<unsigned char>(text_[position_])) != 0) {
      ++position_;
    } else if (text_[position_] == '#') {
      while (position_ < text_.size() and text_[position_] != '\n') ++position_;
    } else {
      return;
    }
  }
}

std::string TextCursor::location() const {
  const std::string_view before = text_.substr(0, position_);
  const auto line = std::count(before.begin(), before.end(), '\n') + 1;
  const size_t start = before.rfind('\n');
  const size_t column = position_ - (start == std::string_view::npos ? 0 : start + 1) + 1;
  return fmt::format("line {}, column {}", line, column);
}

void TextCursor::fail_here(std::string_view message) const { fail("{}: {}", location(), message); }

bool TextCursor::at_end() {
  skip();
  return position_ >= text_.size();
}

char TextCursor::peek() { return at_end() ? '\0' : text_[position_]; }

bool TextCursor::accept(std::string_view token) {
  skip();
  if (not text_.substr(position_).starts_with(token)) return false;
  position_ += token.size();
  return true;
}

void TextCursor::expect(std::string_view token) {
  if (not accept(token)) fail_here(fmt::format("expected `{}`", token));
}

std::string_view TextCursor::word() {
  skip();
  const size_t begin = position_;
  while (position_ < text_.size() and is_word(text_[position_])) ++position_;
  if (position_ == begin) fail_here("expected a word");
  return text_.substr(begin, position_ - begin);
}

int64_t TextCursor::integer() {
  skip();
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text_.data() + position_, text_.data() + text_.size(), value);
  if (error != std::errc{}) fail_here("expected an integer of at most 64 bits");
  position_ = static_cast<size_t>(end - text_.data());
  return value;
}

double TextCursor::number() {
  skip();
  if (accept("nan")) return std::numeric_limits<double>::quiet_NaN();
  if (accept("-nan")) return -std::numeric_limits<double>::quiet_NaN();
  double value = 0;
  const auto [end, error] = std::from_chars(text_.data() + position_, text_.data() + text_.size(), value);
  if (error != std::errc{}) fail_here("expected a number");
  position_ = static_cast<size_t>(end - text_.data());
  return value;
}

std::string TextCursor::quoted_string() {
  expect("\"");
  std::string out;
  while (position_ < text_.size() and text_[position_] != '"') {
    char c = text_[position_++];
    if (c == '\\' and position_ < text_.size()) {
      c = text_[position_++];
      if (c == 'n') c = '\n';
      else if (c == 't') c = '\t';
      else if (c == 'x') {
        unsigned value = 0;
        if (position_ + 2 > text_.size()) fail_here("expected two hexadecimal digits");
        const auto [end, error] = std::from_chars(text_.data() + position_, text_.data() + position_ + 2, value, 16);
        if (error != std::errc{} or end != text_.data() + position_ + 2) fail_here("expected two hexadecimal digits");
        position_ += 2;
        c = static_cast<char>(value);
      }
    }
    out += c;
  }
  if (position_ >= text_.size()) fail_here("the string has no closing quote");
  ++position_;
  return out;
}

}  // namespace burnish
