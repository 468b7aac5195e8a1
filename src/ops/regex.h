// Regular expressions in RE2's syntax, matched in time linear in the text whatever the pattern: patterns come with untrusted files.
// Called by RegexFullMatch. Characters, classes (\d \w \s, [[:alpha:]], ranges), anchors, word boundaries, groups, alternatives,
// repetition; of flags only (?i), (?s) and (?m). Back-references and look-around do not exist in RE2.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace burnish::ops {

class Regex {
 public:
  /// Throws Error that says where the pattern is wrong, or that it is too large.
  explicit Regex(std::string_view pattern);

  bool matches_all_of(std::string_view text) const;

  using Ranges = std::vector<std::pair<char32_t, char32_t>>;  // both ends included

  /// One step of the compiled program. `next` and `other` are indices of steps.
  struct Step {
    enum class Kind : uint8_t { character, fork, begin, end, line_begin, line_end, boundary, no_boundary, match };
    Kind kind = Kind::match;
    Ranges ranges;  // of a character
    size_t next = 0;
    size_t other = 0;  // of a fork
  };

 private:
  std::vector<Step> steps_;
  size_t start_ = 0;
};

}  // namespace burnish::ops
