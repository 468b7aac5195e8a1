#include "base/memory.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <fstream>

namespace burnish {
namespace {

/// What the container may use; SIZE_MAX where none says so.
size_t container_memory() {
  std::ifstream file("/sys/fs/cgroup/memory.max");
  size_t bytes = 0;
  return file >> bytes ? bytes : SIZE_MAX;  // "max" is no number
}

size_t machine_memory() {
  const int64_t pages = ::sysconf(_SC_PHYS_PAGES);
  const int64_t page = ::sysconf(_SC_PAGESIZE);
  const size_t machine = pages > 0 and page > 0 ? static_cast<size_t>(pages) * static_cast<size_t>(page) : SIZE_MAX;
  return std::min(machine, container_memory());
}

std::atomic<size_t>& used() {
  static std::atomic<size_t> bytes = 0;
  return bytes;
}

std::atomic<size_t>& limit() {
  static std::atomic<size_t> bytes = machine_memory();
  return bytes;
}

}  // namespace

size_t memory_in_use() { return used(); }

bool is_memory_left(size_t bytes) {
  const size_t most = limit(), now = used();
  return now <= most and bytes <= most - now;
}

std::shared_ptr<void> aligned_memory(size_t bytes, size_t alignment) {
  if (not is_memory_left(bytes)) return nullptr;
  const size_t rounded = (std::max<size_t>(bytes, 1) + alignment - 1) / alignment * alignment;
  void* data = std::aligned_alloc(alignment, rounded);
  if (data == nullptr) return nullptr;
  used() += rounded;
  return {data, [rounded](void* memory) {
            std::free(memory);
            used() -= rounded;
          }};
}

MemoryLimitScope::MemoryLimitScope(size_t bytes) : before_(limit().exchange(bytes)) {}
MemoryLimitScope::~MemoryLimitScope() { limit() = before_; }

}  // namespace burnish
