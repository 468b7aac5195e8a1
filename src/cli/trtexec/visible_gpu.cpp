#include "cli/trtexec/visible_gpu.h"

#include <charconv>
#include <cstdlib>

#include "base/text.h"
#include "cli/usage_error.h"

namespace burnish::cli::trtexec {
namespace {

constexpr std::string_view flag = "--device=";
constexpr const char* variable = "CUDA_VISIBLE_DEVICES";

}  // namespace

std::optional<int> asked_gpu(const std::vector<std::string>& arguments) {
  std::optional<int> found;
  for (const std::string& argument : arguments) {
    if (not argument.starts_with(flag)) continue;
    int number = -1;
    const char* const end = argument.data() + argument.size();
    const auto read = std::from_chars(argument.data() + flag.size(), end, number);
    // What does not read is the parser's to refuse.
    if (read.ec == std::errc() and read.ptr == end and number >= 0) found = number;
  }
  return found;
}

std::string visible_gpu(std::optional<std::string_view> visible, int gpu) {
  if (not visible) return std::to_string(gpu);
  if (visible->empty()) return {};  // somebody wants none
  const std::vector<std::string_view> shown = split(*visible, ',');
  if (static_cast<size_t>(gpu) >= shown.size()) fail_usage("--device={}: {} shows {} GPU(s), counted from 0", gpu, variable, shown.size());
  return std::string(trim(shown[static_cast<size_t>(gpu)]));
}

void show_asked_gpu(const std::vector<std::string>& arguments) {
  const std::optional<int> gpu = asked_gpu(arguments);
  if (not gpu) return;
  const char* visible = std::getenv(variable);
  setenv(variable, visible_gpu(visible != nullptr ? std::optional<std::string_view>(visible) : std::nullopt, *gpu).c_str(), 1);
}

}  // namespace burnish::cli::trtexec
