// The text that identifies a variant within its tactic: in the timing cache, in choices files and in reports.
#include "tactics/tactic.h"

namespace burnish::tactics {
namespace {

std::string joined(const std::vector<Format>& formats) {
  std::string text;
  for (const Format& format : formats) text += (text.empty() ? "" : ",") + format.text();
  return text;
}

}  // namespace

std::string Variant::text() const {
  std::string text = joined(inputs) + "->" + joined(outputs);
  if (not knobs.empty()) text += " " + knobs;
  return text;
}

}  // namespace burnish::tactics
