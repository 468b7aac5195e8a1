// Cuts a small model out of a large one: the nodes that stand nearest before a tensor, with what they read as inputs.
// For reports of faults: `burnish verify` cuts ever fewer nodes as long as the fault is there. The rest of the file is left out; nothing is computed.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "burnish/tensor.h"

namespace burnish::onnx {

/// Type and sizes of a tensor that may become an input; nothing where it cannot.
using FindInput = std::function<std::optional<std::pair<DType, Dims>>(const std::string& name)>;

struct Extract {
  std::string model;                // the bytes
  std::vector<std::string> inputs;  // tensors of the large model
  size_t nodes = 0;
};

/// At least `nodes` nodes before `output`, nearest first; more where what they read cannot be an input. All there are where `nodes` is larger.
/// Nothing where no node makes `output`.
std::optional<Extract> extract_before(std::span<const std::byte> model, const std::filesystem::path& folder, const std::string& output,
                                      size_t nodes, const FindInput& find_input);

}  // namespace burnish::onnx
