// Memory as hostile as a caller's may be: at a wanted distance from an aligned address, filled with a byte, with guards on both sides.
// Used by the runners for what kernels and sessions read and write. Its bytes stay where they are, also when it is moved.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "tactics/kernel.h"

namespace burnish::suite {

class Memory {
 public:
  Memory(int64_t bytes, size_t shift, int fill) : bytes_(bytes), storage_(static_cast<size_t>(bytes) + 4 * guard, guard_byte) {
    const auto address = reinterpret_cast<uintptr_t>(storage_.data());
    offset_ = guard + (64 - address % 64) % 64 + shift % 64;
    std::memset(data(), fill, static_cast<size_t>(bytes));
  }

  Memory(Memory&&) = default;
  Memory& operator=(Memory&&) = delete;

  std::byte* data() { return storage_.data() + offset_; }
  int64_t bytes() const { return bytes_; }
  tactics::BufferRef ref() { return {data(), bytes_}; }

  /// Whether nothing was written before or behind it.
  bool guards_hold() const {
    const auto held = [](std::byte one) { return one == guard_byte; };
    const auto begin = storage_.begin() + static_cast<std::ptrdiff_t>(offset_);
    return std::all_of(storage_.begin(), begin, held) and std::all_of(begin + static_cast<std::ptrdiff_t>(bytes_), storage_.end(), held);
  }

 private:
  static constexpr size_t guard = 64;
  static constexpr std::byte guard_byte{0x5a};

  int64_t bytes_;
  std::vector<std::byte> storage_;
  size_t offset_ = 0;
};

}  // namespace burnish::suite
