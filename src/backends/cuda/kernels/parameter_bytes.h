// ParameterBytes: a kernel's struct parameter as device code lays it out, built field by field while the number of fields is not known when
// Burnish is compiled. Kernel families use it for extents and strides of any rank.
#pragma once

#include <cstddef>
#include <cstring>
#include <vector>

namespace burnish::cuda {

class ParameterBytes {
 public:
  /// A scalar field, at the next multiple of its size.
  template <class T>
  void add(T value) {
    bytes_.resize((bytes_.size() + sizeof(T) - 1) / sizeof(T) * sizeof(T));
    const size_t at = bytes_.size();
    bytes_.resize(at + sizeof(T));
    std::memcpy(bytes_.data() + at, &value, sizeof(T));
  }
  std::vector<std::byte> finish() {
    bytes_.resize((bytes_.size() + 7) / 8 * 8);
    return std::move(bytes_);
  }

 private:
  std::vector<std::byte> bytes_;
};

}  // namespace burnish::cuda
