// NumPy's files: .npy, one array, and .npz, an archive of them as numpy.savez and numpy.savez_compressed write it.
// Used to read samples. Files are untrusted: every length is checked. Nothing is copied but what has to be decompressed.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "burnish/engine.h"

namespace burnish::cli {

bool is_npy(std::span<const std::byte> bytes);
bool is_npz(std::span<const std::byte> bytes);

/// The elements behind an .npy header whose type is the input's and whose order is C's. Throws Error.
std::span<const std::byte> npy_elements(std::span<const std::byte> bytes, const TensorInfo& input);

struct NpzArray {
  std::string name;                  // without ".npy"
  std::span<const std::byte> bytes;  // in the archive
  bool is_compressed = false;
  size_t size = 0;  // of the .npy file
};

/// What an archive holds. Throws Error where it is damaged or compressed by other means than numpy's.
std::vector<NpzArray> npz_arrays(std::span<const std::byte> bytes);
/// The .npy file of an array that is compressed. Throws Error where it is damaged.
std::vector<uint8_t> npz_inflated(const NpzArray& array);

}  // namespace burnish::cli
