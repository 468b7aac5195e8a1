// NumPy's files: .npy, one array, and .npz, an archive of them as numpy.savez writes it (stored, not compressed).
// Used to read samples. Files are untrusted: every length is checked. Nothing is copied.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "burnish/engine.h"

namespace burnish::cli {

bool is_npy(std::span<const std::byte> bytes);
bool is_npz(std::span<const std::byte> bytes);

/// The elements behind an .npy header whose type is the input's and whose order is C's. Throws Error.
std::span<const std::byte> npy_elements(std::span<const std::byte> bytes, const TensorInfo& input);

/// The arrays of an archive by name, without ".npy". Throws Error where it is damaged or compressed.
std::vector<std::pair<std::string, std::span<const std::byte>>> npz_arrays(std::span<const std::byte> bytes);

}  // namespace burnish::cli
