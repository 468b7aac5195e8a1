// Bisection: the smallest part of a model, ending in one tensor, that still gives another result than the right one when it is fed the right inputs.
// Called by `burnish verify` after a failure. It builds many small engines; it writes nothing.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>

#include "burnish/build.h"
#include "cli/layer_check.h"
#include "onnx/extract.h"

namespace burnish::cli {

/// How the part is built: from its bytes, with the folder of external data.
using BuildPart = std::function<Engine(std::span<const std::byte> model, const std::filesystem::path& folder)>;

/// `right` holds the tensors of the whole model as they should be. Nothing where no part fails by itself.
std::optional<onnx::Extract> reduce_model(const std::filesystem::path& model, const std::string& output, const TensorsByName& right,
                                          double tolerance, const BuildPart& build);

}  // namespace burnish::cli
