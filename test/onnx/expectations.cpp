// Reads and matches expectation lists.
#include "onnx/expectations.h"

#include <fnmatch.h>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"

namespace burnish::test {

void Expectations::add(const std::filesystem::path& file) {
  const std::string text = read_text(file);
  for (const std::string_view raw : split(text, '\n')) {
    const std::string_view line = trim(raw);
    if (line.empty() or line.starts_with('#')) continue;
    const size_t colon = line.find(':');
    if (colon == std::string_view::npos or trim(line.substr(colon + 1)).empty())
      fail("{}: the line `{}` gives no reason", file.string(), line);
    lines_.push_back({std::string(trim(line.substr(0, colon))), std::string(trim(line.substr(colon + 1)))});
  }
}

const std::string* Expectations::reason(const std::string& name) {
  const Line* found = nullptr;
  for (Line& line : lines_) {
    if (::fnmatch(line.pattern.c_str(), name.c_str(), 0) != 0) continue;
    line.used = true;
    if (found == nullptr or line.pattern.size() > found->pattern.size()) found = &line;
  }
  return found == nullptr or found->reason == "passes" ? nullptr : &found->reason;
}

std::vector<std::string> Expectations::unused() const {
  std::vector<std::string> patterns;
  for (const Line& line : lines_)
    if (not line.used) patterns.push_back(line.pattern);
  return patterns;
}

}  // namespace burnish::test
