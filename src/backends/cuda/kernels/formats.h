// The formats that kernels of this backend offer: layouts, and the storage types that a request permits. All in device memory.
// Tactics build their variants from these, so that neighbours agree without reformats.
#pragma once

#include <vector>

#include "backends/cuda/driver/gpu.h"
#include "tactics/tactic.h"

namespace burnish::cuda {

/// Row-major, and channels last where there are channels.
std::vector<Layout> usual_layouts(size_t rank);

/// "As the model says", then each permitted type that floats may be stored in instead.
std::vector<std::optional<DType>> usual_storages(const tactics::OpRequest& request);

/// What a tensor of type `model` is stored in where floats may be stored as `lowered`.
DType storage_of(DType model, std::optional<DType> lowered);

tactics::Format device_format(const TensorType& type, std::optional<DType> lowered, const Layout& layout);
/// Row-major.
tactics::Format device_format(const TensorType& type, std::optional<DType> lowered = {});

/// A variant with row-major formats that keeps every constant.
tactics::Variant plain_variant(const tactics::OpRequest& request, std::optional<DType> lowered = {});

/// Seconds by bandwidth: bytes of all tensors that the variant reads and writes in memory, and never less than a launch.
double memory_seconds(const tactics::OpRequest& request, const tactics::Variant& variant);

}  // namespace burnish::cuda
