// The cases a runner is known to fail, each with its reason. A list lies in test/runners, one line for each exception:
//   node/test_sequence_*: sequences are not supported
//   node/test_sequence_*_expanded: passes
// The part before the colon is a case or a pattern with *; the longest one that fits counts. Lists only shrink: an unexpected pass is a
// failure too.
#pragma once

#include <filesystem>
#include <set>
#include <string>
#include <vector>

namespace burnish::test {

class Expectations {
 public:
  /// Throws Error where a line has no reason.
  explicit Expectations(const std::filesystem::path& file) { add(file); }
  /// The lines of a further list.
  void add(const std::filesystem::path& file);

  /// Nullptr where the case is expected to pass; else the reason why it fails.
  const std::string* reason(const std::string& name);
  /// Patterns that matched no case so far.
  std::vector<std::string> unused() const;

 private:
  struct Line {
    std::string pattern;
    std::string reason;
    bool used = false;
  };
  std::vector<Line> lines_;
};

}  // namespace burnish::test
