#include "backends/cuda/kernels/mapped_copy.h"

#include <algorithm>
#include <cstring>

#include "backends/cuda/kernels/constants.h"
#include "backends/cuda/kernels/join.h"
#include "backends/cuda/kernels/parameter_bytes.h"
#include "base/error.h"

namespace burnish::cuda {

std::string mapped_source(const MappedShape& shape) {
  const std::string word = word_type(shape.word);
  return fmt::format(
      "#include \"mapped.cuh\"\n"
      "extern \"C\" __global__ void __launch_bounds__(256) mapped(const {0}* from, {0}* to, const i32* tables, const Maps<{1}> maps, const "
      "{0} fill) {{\n  release_next();\n  wait_for_inputs();\n  copy_mapped<{0}, {1}, {2}u, {3}, {4}>(from, to, tables, maps, fill);\n}}\n",
      word, shape.rank, shape.tabled, shape.run, shape.contiguous);
}

namespace {

/// Entries that are equally far apart need no table: the first of them becomes an offset.
void drop_table(AxisMap& axis, int64_t& offset) {
  if (axis.table.empty() or std::ranges::any_of(axis.table, [](int64_t at) { return at < 0; })) return;
  const int64_t step = axis.table.size() > 1 ? axis.table[1] - axis.table[0] : 0;
  for (size_t i = 1; i < axis.table.size(); ++i)
    if (axis.table[i] - axis.table[i - 1] != step) return;
  offset += axis.table[0] * axis.stride;
  axis.stride *= step;
  axis.table.clear();
}

std::vector<AxisMap> merged(std::vector<AxisMap> axes, int64_t& offset) {
  std::vector<AxisMap> made;
  for (AxisMap& axis : axes) {
    drop_table(axis, offset);
    if (axis.extent == 1 and axis.table.empty()) continue;
    const bool merges =
        not made.empty() and axis.table.empty() and made.back().table.empty() and made.back().stride == axis.stride * axis.extent;
    if (not merges) {
      made.push_back(std::move(axis));
      continue;
    }
    made.back().extent *= axis.extent;
    made.back().stride = axis.stride;
  }
  if (made.empty()) made.push_back({});
  return made;
}

bool divides_all(std::span<const AxisMap> axes, int64_t offset, int64_t run) {
  if (offset % run != 0) return false;
  for (size_t i = 0; i + 1 < axes.size(); ++i) {
    if (axes[i].table.empty() and axes[i].stride % run != 0) return false;
    for (const int64_t at : axes[i].table)
      if (at >= 0 and at * axes[i].stride % run != 0) return false;
  }
  return true;
}

}  // namespace

MappedCopy::MappedCopy(tactics::BuildContext& context, std::vector<AxisMap> axes, size_t element_bytes, std::span<const std::byte> fill) {
  for (const AxisMap& axis : axes) empty_ = empty_ or axis.extent == 0;
  if (empty_) return;
  int64_t offset = 0;
  axes = merged(std::move(axes), offset);
  BURNISH_CHECK(axes.size() <= 8, "{} axes", axes.size());
  MappedShape shape{.word = static_cast<int>(element_bytes), .rank = axes.size()};
  AxisMap& last = axes.back();
  shape.run = 16 / shape.word;
  while (last.extent % shape.run != 0) shape.run /= 2;
  shape.contiguous = last.table.empty() and last.stride == 1 and divides_all(axes, offset, shape.run);
  if (not shape.contiguous) shape.run = std::min(shape.run, 4);
  last.extent /= shape.run;

  std::vector<int32_t> tables;
  std::vector<uint32_t> begins;
  int64_t count = 1;
  ParameterBytes maps;
  for (size_t i = 0; i < axes.size(); ++i) {
    const AxisMap& axis = axes[i];
    count *= axis.extent;
    maps.add(static_cast<uint32_t>(axis.extent));
    begins.push_back(static_cast<uint32_t>(tables.size()));
    if (not axis.table.empty()) shape.tabled |= 1U << i;
    for (const int64_t at : axis.table) tables.push_back(at < 0 ? -1 : static_cast<int32_t>(at * axis.stride));
  }
  for (const AxisMap& axis : axes) maps.add(axis.table.empty() ? axis.stride : int64_t{0});
  for (const uint32_t begin : begins) maps.add(begin);
  maps.add(static_cast<uint32_t>(count));
  maps_ = maps.finish();
  if (not fill.empty()) std::memcpy(&fill_, fill.data(), std::min(fill.size(), sizeof fill_));
  from_bytes_ = offset * static_cast<int64_t>(element_bytes);
  tables_ = upload(reinterpret_cast<const std::byte*>(tables.data()), static_cast<int64_t>(tables.size() * sizeof(int32_t)));
  grid_.blocks[0] = blocks_for(count, grid_.threads);
  grid_.may_start_early = true;
  code_ = std::make_unique<Code>(context, mapped_source(shape));
  function_ = code_->function("mapped");
}

Status MappedCopy::run(const std::byte* from, std::byte* to, void* stream) const noexcept {
  if (empty_) return Status::ok();
  const std::byte* source = from == nullptr ? nullptr : from + from_bytes_;
  const std::byte* tables = tables_.data();
  std::array<void*, 5> arguments{static_cast<void*>(&source), static_cast<void*>(&to), static_cast<void*>(&tables),
                                 const_cast<std::byte*>(maps_.data()), const_cast<uint64_t*>(&fill_)};
  return launch(function_, grid_, arguments, stream);
}

}  // namespace burnish::cuda
