// Thompson's construction, backwards: each piece of the pattern is compiled to steps that continue at a given step. A matcher then walks
// all ways through the program at once.
#include "ops/regex.h"

#include <algorithm>
#include <functional>
#include <optional>

#include "base/error.h"
#include "ops/strings.h"

namespace burnish::ops {
namespace {

using Ranges = Regex::Ranges;
using Step = Regex::Step;
using Kind = Regex::Step::Kind;

constexpr char32_t highest = 0x10ffff;
constexpr size_t most_steps = 100'000;
constexpr int most_nesting = 200;
constexpr int most_repeats = 1000;  // as RE2

Ranges negated(Ranges ranges) {
  std::ranges::sort(ranges);
  Ranges rest;
  char32_t from = 0;
  for (const auto& [low, high] : ranges) {
    if (low > from) rest.emplace_back(from, low - 1);
    from = std::max(from, static_cast<char32_t>(high + 1));
  }
  if (from <= highest) rest.emplace_back(from, highest);
  return rest;
}

bool contains(const Ranges& ranges, char32_t c) {
  return std::ranges::any_of(ranges, [&](const auto& range) { return c >= range.first and c <= range.second; });
}

const Ranges digits{{'0', '9'}};
const Ranges words{{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}};
const Ranges spaces{{'\t', '\n'}, {'\f', '\r'}, {' ', ' '}};

/// \d, \W, ...; nothing for any other letter.
std::optional<Ranges> perl_class(char32_t letter) {
  switch (letter) {
    case 'd': return digits;
    case 'D': return negated(digits);
    case 'w': return words;
    case 'W': return negated(words);
    case 's': return spaces;
    case 'S': return negated(spaces);
    default: return {};
  }
}

std::optional<Ranges> posix_class(std::u32string_view name) {
  static const std::pair<std::u32string_view, Ranges> known[] = {
      {U"alnum", {{'0', '9'}, {'A', 'Z'}, {'a', 'z'}}},
      {U"alpha", {{'A', 'Z'}, {'a', 'z'}}},
      {U"ascii", {{0, 127}}},
      {U"blank", {{'\t', '\t'}, {' ', ' '}}},
      {U"cntrl", {{0, 31}, {127, 127}}},
      {U"digit", digits},
      {U"graph", {{'!', '~'}}},
      {U"lower", {{'a', 'z'}}},
      {U"print", {{' ', '~'}}},
      {U"punct", {{'!', '/'}, {':', '@'}, {'[', '`'}, {'{', '~'}}},
      {U"space", {{'\t', '\r'}, {' ', ' '}}},
      {U"upper", {{'A', 'Z'}}},
      {U"word", words},
      {U"xdigit", {{'0', '9'}, {'A', 'F'}, {'a', 'f'}}},
  };
  for (const auto& [one, ranges] : known)
    if (one == name) return ranges;
  return {};
}

struct Flags {
  bool ignore_case = false;
  bool dot_takes_newline = false;
  bool multi_line = false;
};

struct Program {
  std::vector<Step>& steps;
  size_t work = 0;  // repetitions of nothing add no step, but take time

  void count() {
    if (++work > most_steps) fail("the pattern is too large");
  }
  size_t add(Step step) {
    count();
    steps.push_back(std::move(step));
    return steps.size() - 1;
  }
};

/// A parsed pattern: compiles itself in front of the step `next` and returns where it starts.
using Piece = std::function<size_t(Program& program, size_t next)>;

Step fork(size_t next, size_t other) { return {.kind = Kind::fork, .ranges = {}, .next = next, .other = other}; }

Piece step_of(Kind kind, Ranges ranges = {}) {
  return [kind, ranges = std::move(ranges)](Program& program, size_t next) {
    return program.add({.kind = kind, .ranges = ranges, .next = next, .other = 0});
  };
}

Piece in_order(std::vector<Piece> pieces) {
  return [pieces = std::move(pieces)](Program& program, size_t next) {
    program.count();
    for (size_t i = pieces.size(); i-- > 0;) next = pieces[i](program, next);
    return next;
  };
}

Piece any_of(std::vector<Piece> pieces) {
  if (pieces.size() == 1) return pieces.front();
  return [pieces = std::move(pieces)](Program& program, size_t next) {
    size_t start = pieces.back()(program, next);
    for (size_t i = pieces.size() - 1; i-- > 0;) {
      const size_t one = pieces[i](program, next);
      start = program.add(fork(one, start));
    }
    return start;
  };
}

/// `most` below 0: any number.
Piece repeated(Piece piece, int least, int most) {
  return [piece = std::move(piece), least, most](Program& program, size_t next) {
    size_t start = next;
    if (most < 0) {
      start = program.add(fork(next, next));
      const size_t body = piece(program, start);
      program.steps[start].next = body;
    }
    for (int i = least; i < most; ++i) {
      const size_t body = piece(program, start);
      start = program.add(fork(body, next));
    }
    for (int i = 0; i < least; ++i) start = piece(program, start);
    return start;
  };
}

class Parser {
 public:
  explicit Parser(std::string_view pattern) : text_(code_points(pattern)) {}

  Piece pattern() {
    Piece piece = alternatives(0);
    if (at_ < text_.size()) wrong("a `)` closes nothing");
    return piece;
  }

 private:
  [[noreturn]] void wrong(std::string_view why) const { fail("at character {} of the pattern: {}", at_ + 1, why); }

  bool more() const { return at_ < text_.size(); }
  char32_t peek() const { return more() ? text_[at_] : 0; }
  bool accept(char32_t c) {
    if (not more() or text_[at_] != c) return false;
    ++at_;
    return true;
  }
  char32_t take() {
    if (not more()) wrong("it ends too early");
    return text_[at_++];
  }

  Piece alternatives(int depth) {
    if (depth > most_nesting) wrong("groups are nested too deeply");
    std::vector<Piece> found;
    do found.push_back(sequence(depth));
    while (accept('|'));
    return any_of(std::move(found));
  }

  Piece sequence(int depth) {
    std::vector<Piece> pieces;
    while (more() and peek() != '|' and peek() != ')') {
      Piece piece = atom(depth);
      if (const auto count = repetition()) {
        piece = repeated(std::move(piece), count->first, count->second);
        if (repetition()) wrong("a repetition cannot be repeated");
      }
      pieces.push_back(std::move(piece));
    }
    return in_order(std::move(pieces));
  }

  std::optional<std::pair<int, int>> repetition() {
    std::pair<int, int> count;
    if (accept('*')) count = {0, -1};
    else if (accept('+')) count = {1, -1};
    else if (accept('?')) count = {0, 1};
    else if (const auto braces = peek() == '{' ? in_braces() : std::nullopt) count = *braces;
    else return {};
    accept('?');  // a lazy repetition matches the same whole texts
    return count;
  }

  std::optional<int> number() {
    if (not contains(digits, peek())) return {};
    int value = 0;
    while (contains(digits, peek())) {
      value = value * 10 + static_cast<int>(take() - '0');
      if (value > most_repeats) wrong("a repetition of more than 1000 times");
    }
    return value;
  }

  /// {2}, {2,} or {2,5}; anything else in braces stands for itself.
  std::optional<std::pair<int, int>> in_braces() {
    const size_t start = at_;
    accept('{');
    const std::optional<int> least = number();
    std::optional<int> most = least;
    if (least and accept(',')) {
      most = number();
      if (not most) most = -1;
    }
    if (not least or not accept('}')) {
      at_ = start;
      return {};
    }
    if (*most >= 0 and *most < *least) wrong("a repetition ends before it begins");
    return std::pair{*least, *most};
  }

  Piece atom(int depth) {
    const char32_t c = take();
    switch (c) {
      case '(': return group(depth);
      case '[': return step_of(Kind::character, folded(bracket()));
      case '.': return step_of(Kind::character, flags_.dot_takes_newline ? Ranges{{0, highest}} : negated({{'\n', '\n'}}));
      case '^': return step_of(flags_.multi_line ? Kind::line_begin : Kind::begin);
      case '$': return step_of(flags_.multi_line ? Kind::line_end : Kind::end);
      case '\\': return escape();
      case '*':
      case '+':
      case '?': --at_; wrong("there is nothing to repeat");
      default: return step_of(Kind::character, folded({{c, c}}));
    }
  }

  Piece group(int depth) {
    const Flags outer = flags_;
    if (accept('?')) {
      if (accept('P') or peek() == '<') {
        if (not accept('<')) wrong("a named group begins with (?P<");
        while (take() != '>') {}
      } else if (not accept(':')) {
        flags();
        if (accept(')')) return in_order({});  // holds until the end of the group around
        if (not accept(':')) wrong("a group begins with (?: or (?P<name>; look-around does not exist");
      }
    }
    Piece piece = alternatives(depth + 1);
    if (not accept(')')) wrong("a group is not closed");
    flags_ = outer;
    return piece;
  }

  void flags() {
    bool on = true;
    while (peek() != ')' and peek() != ':') {
      switch (take()) {
        case '-': on = false; break;
        case 'i': flags_.ignore_case = on; break;
        case 's': flags_.dot_takes_newline = on; break;
        case 'm': flags_.multi_line = on; break;
        case 'U': break;
        default: --at_; wrong("this is no flag of a group; look-around does not exist");
      }
    }
  }

  /// Both cases of the letters, where asked for.
  Ranges folded(Ranges ranges) const {
    if (not flags_.ignore_case) return ranges;
    Ranges all = ranges;
    for (const auto& [low, high] : ranges)
      for (char32_t c = std::max<char32_t>(low, 'A'); c <= std::min<char32_t>(high, 'z'); ++c) {
        if (c >= 'A' and c <= 'Z') all.emplace_back(c + 32, c + 32);
        if (c >= 'a') all.emplace_back(c - 32, c - 32);
      }
    return all;
  }

  Piece escape() {
    const char32_t c = take();
    if (const auto ranges = perl_class(c)) return step_of(Kind::character, *ranges);
    switch (c) {
      case 'b': return step_of(Kind::boundary);
      case 'B': return step_of(Kind::no_boundary);
      case 'A': return step_of(Kind::begin);
      case 'z': return step_of(Kind::end);
      case 'Q': return literal_text();
      default: --at_; break;
    }
    const char32_t escaped = escaped_character();
    return step_of(Kind::character, folded({{escaped, escaped}}));
  }

  /// \Q...\E
  Piece literal_text() {
    std::vector<Piece> pieces;
    while (more() and not(peek() == '\\' and at_ + 1 < text_.size() and text_[at_ + 1] == 'E')) {
      const char32_t c = take();
      pieces.push_back(step_of(Kind::character, folded({{c, c}})));
    }
    if (accept('\\')) accept('E');
    return in_order(std::move(pieces));
  }

  /// What follows a backslash and means one character.
  char32_t escaped_character() {
    const char32_t c = take();
    switch (c) {
      case 'n': return '\n';
      case 't': return '\t';
      case 'r': return '\r';
      case 'f': return '\f';
      case 'v': return '\v';
      case 'a': return '\a';
      case 'x': return hexadecimal();
      case '0': return 0;
      default: break;
    }
    if (c < 0x80 and contains(words, c)) {
      --at_;
      wrong("an unknown escape; back-references do not exist");
    }
    return c;
  }

  char32_t hexadecimal() {
    const bool braces = accept('{');
    char32_t value = 0;
    for (int i = 0; i < (braces ? 8 : 2) and peek() != '}'; ++i) {
      const char32_t digit = take();
      if (not contains({{'0', '9'}, {'A', 'F'}, {'a', 'f'}}, digit)) wrong("a hexadecimal digit is expected");
      value = value * 16 + (digit <= '9' ? digit - '0' : (digit | 32U) - 'a' + 10);
    }
    if (braces and not accept('}')) wrong("a `}` is missing");
    if (value > highest) wrong("there is no such character");
    return value;
  }

  Ranges bracket() {
    const bool negate = accept('^');
    Ranges ranges;
    bool first = true;
    while (first or peek() != ']') {
      first = false;
      if (const auto whole = class_in_bracket()) {
        ranges.insert(ranges.end(), whole->begin(), whole->end());
        continue;
      }
      const char32_t low = character_in_bracket();
      char32_t high = low;
      if (peek() == '-' and at_ + 1 < text_.size() and text_[at_ + 1] != ']') {
        ++at_;
        high = character_in_bracket();
      }
      if (high < low) wrong("a range ends before it begins");
      ranges.emplace_back(low, high);
    }
    take();
    return negate ? negated(folded(ranges)) : ranges;
  }

  char32_t character_in_bracket() {
    const char32_t c = take();
    return c == '\\' ? escaped_character() : c;
  }

  std::optional<Ranges> class_in_bracket() {
    const std::u32string_view rest = std::u32string_view(text_).substr(at_);
    if (rest.starts_with(U"[:")) {
      const size_t end = rest.find(U":]");
      if (end == std::u32string_view::npos) return {};
      std::u32string_view name = rest.substr(2, end - 2);
      const bool negate = name.starts_with(U"^");
      if (negate) name.remove_prefix(1);
      auto ranges = posix_class(name);
      if (not ranges) wrong("there is no such class of characters");
      at_ += end + 2;
      return negate ? negated(*ranges) : *ranges;
    }
    if (rest.size() > 1 and rest[0] == '\\')
      if (auto ranges = perl_class(rest[1])) {
        at_ += 2;
        return ranges;
      }
    return {};
  }

  std::u32string text_;
  size_t at_ = 0;
  Flags flags_;
};

/// All steps that the program may be at.
class Walk {
 public:
  Walk(const std::vector<Step>& steps, std::u32string_view text) : steps_(steps), text_(text), seen_(steps.size(), SIZE_MAX) {}

  bool run(size_t start) {
    std::vector<size_t> now = reached({start}, 0);
    for (size_t at = 0; at < text_.size() and not now.empty(); ++at) {
      std::vector<size_t> next;
      for (const size_t step : now)
        if (steps_[step].kind == Kind::character and contains(steps_[step].ranges, text_[at])) next.push_back(steps_[step].next);
      now = reached(std::move(next), at + 1);
    }
    return std::ranges::any_of(now, [&](size_t step) { return steps_[step].kind == Kind::match; });
  }

 private:
  bool is_word(size_t at) const { return at < text_.size() and contains(words, text_[at]); }

  bool holds(Kind kind, size_t at) const {
    const bool boundary = (at > 0 and is_word(at - 1)) != is_word(at);
    switch (kind) {
      case Kind::begin: return at == 0;
      case Kind::end: return at == text_.size();
      case Kind::line_begin: return at == 0 or text_[at - 1] == '\n';
      case Kind::line_end: return at == text_.size() or text_[at] == '\n';
      case Kind::boundary: return boundary;
      case Kind::no_boundary: return not boundary;
      default: return false;
    }
  }

  /// The steps that take a character or match, from `open` on without taking one.
  std::vector<size_t> reached(std::vector<size_t> open, size_t at) {
    std::vector<size_t> found;
    while (not open.empty()) {
      const size_t step = open.back();
      open.pop_back();
      if (std::exchange(seen_[step], at) == at) continue;
      const Kind kind = steps_[step].kind;
      if (kind == Kind::character or kind == Kind::match) {
        found.push_back(step);
      } else if (kind == Kind::fork) {
        open.push_back(steps_[step].next);
        open.push_back(steps_[step].other);
      } else if (holds(kind, at)) {
        open.push_back(steps_[step].next);
      }
    }
    return found;
  }

  const std::vector<Step>& steps_;
  std::u32string_view text_;
  std::vector<size_t> seen_;
};

}  // namespace

Regex::Regex(std::string_view pattern) {
  constexpr size_t longest = 1U << 16U;
  if (pattern.size() > longest) fail("the pattern has more than {} bytes", longest);
  const Piece piece = Parser(pattern).pattern();
  Program program{.steps = steps_};
  const size_t match = program.add({.kind = Kind::match, .ranges = {}, .next = 0, .other = 0});
  start_ = piece(program, match);
}

bool Regex::matches_all_of(std::string_view text) const { return Walk(steps_, code_points(text)).run(start_); }

}  // namespace burnish::ops
