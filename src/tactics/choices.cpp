// The text of choices: `"node" tactic variant`, one node a line. It is edited by hand, so every fault names its line.
#include "tactics/choices.h"

#include "base/error.h"
#include "base/text.h"

namespace burnish::tactics {
namespace {

void read_line(std::string_view line, Choices& choices) {
  TextCursor cursor(line);
  const std::string node = cursor.quoted_string();
  const std::string tactic(cursor.word());
  const std::string variant(trim(cursor.rest()));
  if (not choices.nodes.emplace(node, Choice{tactic, variant}).second) fail("node `{}` has a choice already", node);
}

}  // namespace

std::string Choices::text() const {
  std::string text = "# burnish choices: \"node\" tactic variant\n";
  for (const auto& [node, choice] : nodes) {
    text += burnish::quoted(node) + " " + choice.tactic;
    if (not choice.variant.empty()) text += " " + choice.variant;
    text += "\n";
  }
  return text;
}

Choices Choices::parse(std::string_view text) {
  Choices choices;
  size_t number = 0;
  for (const std::string_view line : split(text, '\n')) {
    ++number;
    const std::string_view content = trim(line);
    if (content.empty() or content.front() == '#') continue;
    in_context([&] { return fmt::format("line {} of the choices (expected: \"node\" tactic variant)", number); },
               [&] { read_line(content, choices); });
  }
  return choices;
}

}  // namespace burnish::tactics
