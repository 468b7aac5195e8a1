// Memory of tensors and arenas, and how much of it there may be at once. Systems promise memory that they do not have and end the process that
// uses it, so whoever asks for more than the limit is told at once instead: a model may ask for anything. At first the limit is what the machine,
// or the container, has. Called by tensors and sessions; it counts nothing that libraries allocate for themselves.
#pragma once

#include <cstddef>
#include <memory>

namespace burnish {

/// Bytes given out and not yet given back.
size_t memory_in_use();

/// As many bytes, at least one, aligned to `alignment` (a power of two); nothing where that is more than there may be.
std::shared_ptr<void> aligned_memory(size_t bytes, size_t alignment);

/// True where so many more bytes would keep within the limit: for memory that is allocated elsewhere.
bool is_memory_left(size_t bytes);

/// Sets the limit of the whole process, and the one before at the end of the scope.
class MemoryLimitScope {
 public:
  explicit MemoryLimitScope(size_t bytes);
  ~MemoryLimitScope();
  MemoryLimitScope(const MemoryLimitScope&) = delete;
  MemoryLimitScope& operator=(const MemoryLimitScope&) = delete;

 private:
  size_t before_;
};

}  // namespace burnish
