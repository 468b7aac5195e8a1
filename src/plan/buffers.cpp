#include "plan/buffers.h"

#include <algorithm>

#include "base/error.h"

namespace burnish::plan {

uint32_t Buffers::new_root(Place place, uint32_t index, int64_t bytes) {
  Root root;
  root.place = place;
  root.index = index;
  root.bytes = bytes;
  roots_.push_back(root);
  return static_cast<uint32_t>(roots_.size() - 1);
}

std::pair<uint32_t, int64_t> Buffers::outermost(uint32_t root) const {
  int64_t offset = 0;
  while (roots_[root].parent != UINT32_MAX) {
    offset += roots_[root].parent_offset;
    root = roots_[root].parent;
  }
  return {root, offset};
}

void Buffers::put_inside(uint32_t part, uint32_t whole, int64_t offset) {
  BURNISH_CHECK(roots_[part].parent == UINT32_MAX and roots_[part].place != Place::input and roots_[part].place != Place::constant and
                part != whole);
  roots_[part].parent = whole;
  roots_[part].parent_offset = offset;
  Root& outer = roots_[whole];
  outer.first_step = std::min(outer.first_step, roots_[part].first_step);
  outer.last_step = std::max(outer.last_step, roots_[part].last_step);
  outer.pending_reads += roots_[part].pending_reads;
  outer.shared = true;
}

void Buffers::used_at(uint32_t root, uint32_t step) {
  Root& used = roots_[outermost(root).first];
  used.first_step = std::min(used.first_step, step);
  used.last_step = std::max(used.last_step, step);
}

}  // namespace burnish::plan
