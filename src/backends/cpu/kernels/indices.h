// Reading tensors of indices, whose type is i32 or i64 and known when a kernel is built. Used by kernels that gather, scatter and pool regions,
// and for the lengths of sequences. It judges no index: what is out of range is the kernel's to refuse.
#pragma once

#include <cstring>

#include "burnish/dtype.h"

namespace burnish::cpu {

class IndexReader {
 public:
  explicit IndexReader(DType type) : wide_(type == DType::i64) {}

  /// The index at place `at` of the tensor; its memory need not be aligned.
  int64_t read(const std::byte* indices, int64_t at) const {
    if (wide_) return read_as<int64_t>(indices, at);
    return read_as<int32_t>(indices, at);
  }

 private:
  template <class T>
  static T read_as(const std::byte* indices, int64_t at) {
    T value;
    std::memcpy(&value, indices + at * static_cast<int64_t>(sizeof(T)), sizeof(T));
    return value;
  }

  bool wide_;
};

}  // namespace burnish::cpu
