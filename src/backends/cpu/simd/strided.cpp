#include "backends/cpu/simd/strided.h"

#include "base/error.h"

namespace burnish::cpu {
namespace {

/// One physical loop of a layout: which axis it walks, how far, and how many elements of that axis one step is.
struct PhysicalLoop {
  size_t axis;
  int64_t extent;
  int64_t step;
};

std::vector<PhysicalLoop> physical_loops(std::span<const int64_t> dims, const Layout& layout) {
  std::vector<int64_t> inner(dims.size(), 1);
  for (const Layout::Block& block : layout.blocks) inner[block.axis] *= block.size;
  std::vector<PhysicalLoop> loops;
  for (const uint8_t axis : layout.order) loops.push_back({axis, dims[axis] / inner[axis], inner[axis]});
  for (const Layout::Block& block : layout.blocks) {
    inner[block.axis] /= block.size;
    loops.push_back({block.axis, block.size, inner[block.axis]});
  }
  return loops;
}

/// Cuts a loop at the steps of another order of the same axis, so that both walk it with constant strides.
void cut(std::vector<PhysicalLoop>& loops, const PhysicalLoop& other, size_t missing) {
  for (size_t i = 0; i < loops.size(); ++i) {
    const PhysicalLoop loop = loops[i];
    if (loop.axis != other.axis + missing or other.step <= loop.step or other.step >= loop.step * loop.extent) continue;
    BURNISH_CHECK(other.step % loop.step == 0, "blocks of {} and {} do not nest", other.step, loop.step);
    loops[i] = {loop.axis, loop.extent * loop.step / other.step, other.step};
    loops.insert(loops.begin() + static_cast<std::ptrdiff_t>(i) + 1, {loop.axis, other.step / loop.step, loop.step});
  }
}

/// Element strides of an operand for the physical loops of the domain, which are at least as fine as its own.
std::vector<int64_t> strides_for(const std::vector<PhysicalLoop>& domain, std::span<const int64_t> dims, const Dims& operand_dims,
                                 const Layout& layout) {
  const std::vector<PhysicalLoop> own = physical_loops(operand_dims, layout);
  std::vector<int64_t> own_strides(own.size(), 1);
  for (size_t i = own.size(); i-- > 1;) own_strides[i - 1] = own_strides[i] * own[i].extent;
  const size_t missing = dims.size() - operand_dims.size();
  std::vector<int64_t> strides;
  for (const PhysicalLoop& loop : domain) {
    if (loop.extent == 1 or loop.axis < missing or (operand_dims[loop.axis - missing] == 1 and dims[loop.axis] != 1)) {
      strides.push_back(0);
      continue;
    }
    int64_t stride = -1;
    for (size_t i = 0; i < own.size(); ++i)
      if (own[i].axis + missing == loop.axis and own[i].step <= loop.step and loop.step * loop.extent <= own[i].step * own[i].extent)
        stride = own_strides[i] * (loop.step / own[i].step);
    BURNISH_CHECK(stride >= 0, "layout {} does not fit the loops", layout.text());
    strides.push_back(stride);
  }
  return strides;
}

bool mergeable(const StridedLoops& loops, size_t outer) {
  for (const std::vector<int64_t>& strides : loops.strides)
    if (strides[outer] != strides[outer + 1] * loops.extents[outer + 1]) return false;
  return true;
}

void erase_loop(StridedLoops& loops, size_t at) {
  loops.extents.erase(loops.extents.begin() + static_cast<std::ptrdiff_t>(at));
  for (std::vector<int64_t>& strides : loops.strides) strides.erase(strides.begin() + static_cast<std::ptrdiff_t>(at));
}

void merge(StridedLoops& loops) {
  for (size_t i = loops.extents.size(); i-- > 0;)
    if (loops.extents[i] == 1 and loops.extents.size() > 1) erase_loop(loops, i);
  for (size_t i = loops.extents.size(); i-- > 1;) {
    if (not mergeable(loops, i - 1)) continue;
    loops.extents[i] *= loops.extents[i - 1];
    erase_loop(loops, i - 1);
  }
}

}  // namespace

bool unpadded(const Layout& layout, std::span<const int64_t> dims) {
  std::vector<int64_t> inner(dims.size(), 1);
  for (const Layout::Block& block : layout.blocks) inner.at(block.axis) *= block.size;
  for (size_t axis = 0; axis < dims.size(); ++axis)
    if (dims[axis] % inner[axis] != 0) return false;
  return true;
}

StridedLoops strided_loops(std::span<const int64_t> dims, const Layout& domain, const std::vector<std::pair<Dims, Layout>>& operands) {
  std::vector<PhysicalLoop> loops = physical_loops(dims, domain);
  for (const auto& [operand_dims, layout] : operands)
    for (const PhysicalLoop& other : physical_loops(operand_dims, layout)) cut(loops, other, dims.size() - operand_dims.size());
  StridedLoops made;
  for (const PhysicalLoop& loop : loops) made.extents.push_back(loop.extent);
  for (const auto& [operand_dims, layout] : operands) made.strides.push_back(strides_for(loops, dims, operand_dims, layout));
  if (made.extents.empty()) {
    made.extents.push_back(1);
    for (std::vector<int64_t>& strides : made.strides) strides.push_back(0);
  }
  merge(made);
  return made;
}

}  // namespace burnish::cpu
