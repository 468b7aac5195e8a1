// Buffers while a plan is made: which tensors share memory, and how long each shared piece is alive.
// A root is one piece of memory that is placed as a whole; tensors lie inside roots at offsets; roots can be put inside other roots
// (parts of a Concat) or become network outputs. `make` drives it; it knows bytes and steps, no formats and no operators.
#pragma once

#include <cstdint>
#include <vector>

#include "plan/plan.h"

namespace burnish::plan {

class Buffers {
 public:
  struct Root {
    Place place = Place::arena;
    uint32_t index = 0;
    int64_t bytes = 0;
    uint32_t first_step = UINT32_MAX;
    uint32_t last_step = 0;
    uint32_t parent = UINT32_MAX;  // lies inside that root ...
    int64_t parent_offset = 0;     // ... at this offset
    int64_t pending_reads = 0;     // uses of its values that are still to come
    bool shared = false;           // holds more than one tensor's worth: never reused in place
  };

  uint32_t new_root(Place place, uint32_t index, int64_t bytes);
  /// The outermost root of a root and the offset in it.
  std::pair<uint32_t, int64_t> outermost(uint32_t root) const;
  /// Puts `part` (an arena root that lies in no other) inside `whole` at `offset`.
  void put_inside(uint32_t part, uint32_t whole, int64_t offset);
  void used_at(uint32_t root, uint32_t step);
  Root& at(uint32_t root) { return roots_[root]; }
  const Root& at(uint32_t root) const { return roots_[root]; }
  size_t size() const { return roots_.size(); }

 private:
  std::vector<Root> roots_;
};

}  // namespace burnish::plan
