// Definitions in the program itself come before those of the libraries it loads, so glibc's allocation functions and oneDNN's entry point are
// stood in for here, and called through. operator new ends in malloc and needs no stand-in.
#include "support/allocations.h"

#include <dlfcn.h>

#include <atomic>
#include <cerrno>
#include <cstddef>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define BURNISH_TEST_SANITIZED 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define BURNISH_TEST_SANITIZED 1
#endif

namespace burnish::test {
namespace {

std::atomic<bool> counting{false};
std::atomic<int> inside_onednn{0};
std::atomic<int64_t> ours{0};
std::atomic<int64_t> onednn{0};
std::atomic<int64_t> primitives{0};

}  // namespace
}  // namespace burnish::test

#ifndef BURNISH_TEST_SANITIZED

namespace burnish::test {
namespace {

void count() {
  if (not counting.load(std::memory_order_relaxed)) return;
  (inside_onednn.load(std::memory_order_relaxed) > 0 ? onednn : ours).fetch_add(1, std::memory_order_relaxed);
}

/// As in dnnl.h, without its types: this program sees no header of oneDNN.
using Execute = int (*)(const void* primitive, void* stream, int count, const void* arguments);

Execute real_execute() {
  static const auto found = reinterpret_cast<Execute>(::dlsym(RTLD_NEXT, "dnnl_primitive_execute"));
  return found;
}

}  // namespace
}  // namespace burnish::test

extern "C" {

void* __libc_malloc(std::size_t bytes);
void* __libc_calloc(std::size_t count, std::size_t bytes);
void* __libc_realloc(void* memory, std::size_t bytes);
void* __libc_memalign(std::size_t alignment, std::size_t bytes);

void* malloc(std::size_t bytes) noexcept {
  burnish::test::count();
  return __libc_malloc(bytes);
}
void* calloc(std::size_t count, std::size_t bytes) noexcept {
  burnish::test::count();
  return __libc_calloc(count, bytes);
}
void* realloc(void* memory, std::size_t bytes) noexcept {
  burnish::test::count();
  return __libc_realloc(memory, bytes);
}
void* memalign(std::size_t alignment, std::size_t bytes) noexcept {
  burnish::test::count();
  return __libc_memalign(alignment, bytes);
}
void* aligned_alloc(std::size_t alignment, std::size_t bytes) noexcept { return memalign(alignment, bytes); }
int posix_memalign(void** out, std::size_t alignment, std::size_t bytes) noexcept {
  void* memory = memalign(alignment, bytes);
  if (memory == nullptr) return ENOMEM;
  *out = memory;
  return 0;
}

int dnnl_primitive_execute(const void* primitive, void* stream, int count, const void* arguments) {
  burnish::test::primitives.fetch_add(1, std::memory_order_relaxed);
  burnish::test::inside_onednn.fetch_add(1, std::memory_order_relaxed);
  const int status = burnish::test::real_execute()(primitive, stream, count, arguments);
  burnish::test::inside_onednn.fetch_sub(1, std::memory_order_relaxed);
  return status;
}

}  // extern "C"

#endif

namespace burnish::test {

bool counts_allocations() {
#ifdef BURNISH_TEST_SANITIZED
  return false;
#else
  return true;
#endif
}

AllocationCounter::AllocationCounter() {
  ours = onednn = primitives = 0;
  counting = true;
}
AllocationCounter::~AllocationCounter() { counting = false; }

Allocations AllocationCounter::so_far() const { return {ours, onednn, primitives}; }

}  // namespace burnish::test
