// Every flag that any trtexec from TensorRT 8.6 to 11.1 knows, and Burnish's own: one row each, with what it does here.
// A flag is never ignored in silence: one without a meaning on this machine says why, one that is missing here is an error.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "cli/trtexec/options.h"

namespace burnish::cli::trtexec {

enum class Effect : uint8_t {
  works,
  nothing,  // accepted; `text` says why there is nothing to do
  refused,  // an error; `text` says what to do instead
};

struct Flag {
  std::string_view name;      // "--onnx"
  std::string_view value;     // placeholder of its value; empty: it takes none
  std::string_view versions;  // of TensorRT that know it: "8-", "10-", "8-10", "8", "11.1-"; empty: Burnish's own
  Effect effect;
  std::string_view text;
  void (*set)(Options&, std::string_view value) = nullptr;
};

struct FlagGroup {
  std::string_view title;
  std::span<const Flag> flags;
};

/// In the order of the help.
std::span<const FlagGroup> flag_groups();
const Flag* find_flag(std::string_view name);
std::vector<std::string_view> flag_names();

}  // namespace burnish::cli::trtexec
