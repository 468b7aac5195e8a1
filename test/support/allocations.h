// Counts what a program allocates while it runs something, oneDNN's own allocations apart from all others.
// Used by tests of running. It replaces malloc and its kin, and dnnl_primitive_execute, for the whole program that links it; under a
// sanitizer, which replaces malloc itself, it counts nothing and says so.
#pragma once

#include <cstdint>

namespace burnish::test {

struct Allocations {
  int64_t ours = 0;    // outside of oneDNN's primitives: Burnish, the standard library, the OpenMP runtime
  int64_t onednn = 0;  // inside of them, on any thread
  int64_t primitives = 0;
};

/// Whether this build can count.
bool counts_allocations();

/// Counts from its making on, on all threads. One at a time.
class AllocationCounter {
 public:
  AllocationCounter();
  ~AllocationCounter();
  AllocationCounter(const AllocationCounter&) = delete;
  AllocationCounter& operator=(const AllocationCounter&) = delete;

  Allocations so_far() const;
};

}  // namespace burnish::test
