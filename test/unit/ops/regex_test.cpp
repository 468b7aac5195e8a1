// Regular expressions: what RE2 accepts and refuses, and that no pattern takes long.
#include "ops/regex.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace burnish::ops {
namespace {

struct Match {
  const char* pattern;
  const char* text;
  bool matches;
};

TEST(Regex, MatchesWholeTexts) {
  const Match cases[] = {
      {"", "", true},
      {"abc", "abc", true},
      {"abc", "abcd", false},
      {"a.c", "a\nc", false},
      {"(?s)a.c", "a\nc", true},
      {"a|bc|", "bc", true},
      {"a|bc|", "", true},
      {"(ab)+", "ababab", true},
      {"(?:ab)+?", "aba", false},
      {"a{2,3}", "a", false},
      {"a{2,3}", "aaa", true},
      {"a{2,}", "aaaaaa", true},
      {"a{2}", "aaa", false},
      {"a{,2}", "a{,2}", true},
      {"[a-c]+[^a-c]", "abcx", true},
      {"[]a]+", "]a", true},
      {"[a-]", "-", true},
      {"[[:digit:]x]+", "12x", true},
      {"[\\d.]+", "1.5", true},
      {"\\bfoo\\b.*", "foo bar", true},
      {"\\bfoo\\B.*", "foo bar", false},
      {"^a$", "a", true},
      {"(?i)HeLLo", "hEllO", true},
      {"\\x41\\x{42}", "AB", true},
      {"\\Qa.b\\E", "a.b", true},
      {".", "\xc3\xa9", true},
      {"[\xc3\xa0-\xc3\xbc]", "\xc3\xa9", true},
      {"(?P<year>\\d{4})-\\d\\d", "2024-05", true},
      {"\\.\\*", ".*", true},
  };
  for (const Match& one : cases) EXPECT_EQ(Regex(one.pattern).matches_all_of(one.text), one.matches) << one.pattern << " on " << one.text;
}

TEST(Regex, RefusesWhatRe2Refuses) {
  for (const char* pattern : {"(", ")", "a)", "[a", "*a", "a**", "a{3,1}", "a{1001}", "(?=a)", "(?<!a)b", "\\1", "\\", "[b-a]",
                              "[[:nothing:]]", "(?P<name", "\\x{110000}", "((a{1000}){1000}){1000}"})
    EXPECT_THROW(Regex{pattern}, Error) << pattern;
}

TEST(Regex, TakesLinearTime) {
  // A matcher that tries one way after the other would not come back.
  const std::string text(5000, 'a');
  EXPECT_FALSE(Regex("(a*)*(a|a)*(a?){50}b").matches_all_of(text));
  EXPECT_THROW(Regex(std::string(100'000, '(')), Error);
  std::string nested = "a";
  for (int i = 0; i < 150; ++i) nested = "(" + nested + "{1,2})";
  EXPECT_THROW(Regex{nested}, Error);
  nested.clear();
  for (int i = 0; i < 150; ++i) nested = "(" + nested + "){1,2}";
  EXPECT_THROW(Regex{nested}, Error);
}

}  // namespace
}  // namespace burnish::ops
