// The choices file: which tactic and variant every node uses, without times. Same model and same choices give the same engine bytes.
// Written beside an engine, diffed, edited, and pinned with `--choices`. Text, one node a line, sorted by name; a choice without a
// variant leaves it open.
#pragma once

#include <filesystem>
#include <map>
#include <string>

namespace burnish::tactics {

struct Choice {
  std::string tactic;
  std::string variant;  // Variant::text
  bool operator==(const Choice&) const = default;
};

/// By node name.
struct Choices {
  std::map<std::string, Choice> nodes;
  std::string text() const;
  /// Throws Error with the line that does not read.
  static Choices parse(std::string_view text);
};

}  // namespace burnish::tactics
