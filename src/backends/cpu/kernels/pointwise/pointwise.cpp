// Pointwise Exprs on the CPU by the tile evaluator: any layout that all full-shaped operands share, broadcast by strides, f32, bf16 or f16 in
// memory, f32 in registers. One pass over memory however many steps there are.
#include <algorithm>

#include "backends/cpu/simd/strided.h"
#include "backends/cpu/simd/tile_program.h"
#include "base/parallel.h"
#include "ops/operator.h"
#include "ops/pointwise.h"
#include "tactics/registry.h"

namespace burnish::cpu {
namespace {

using tactics::BufferRef;
using tactics::Format;
using tactics::OpRequest;
using tactics::Variant;
using tactics::Verdict;

/// How one operand is read along the two innermost loops of a tile.
struct Access {
  TileLoad load = nullptr;
  size_t element_bytes = 4;
  std::vector<int64_t> strides;
  bool direct = false;  // f32 and contiguous over whole tiles: used where it lies
};

class PointwiseKernel final : public tactics::Kernel {
 public:
  PointwiseKernel(const OpRequest& request, const Variant& variant, int threads)
      : program_(request.op.as<ops::Pointwise>()->expr), threads_(threads) {
    const Dims domain = request.output_dims();
    std::vector<std::pair<Dims, Layout>> operands;
    for (size_t i = 0; i < request.inputs.size(); ++i) operands.emplace_back(request.dims(i), variant.inputs[i].layout);
    for (const Format& format : variant.outputs) operands.emplace_back(domain, format.layout);
    StridedLoops loops = strided_loops(domain, variant.outputs[0].layout, operands);
    split_loops(loops);
    for (size_t i = 0; i < request.inputs.size(); ++i) inputs_.push_back(access(loops, i, variant.inputs[i]));
    for (const Format& format : variant.outputs) {
      stores_.push_back(format.storage == DType::f32 ? nullptr : tile_store(format.storage));
      output_bytes_.push_back(byte_size(format.storage));
    }
  }

  size_t scratch_floats() const { return program_.scratch_floats() + (inputs_.size() + stores_.size()) * tile_elements; }

  Status run(tactics::RunContext&, std::span<const BufferRef> in, std::span<const BufferRef> out, void* workspace) const noexcept override {
    const int64_t tiles = outer_ * row_blocks_ * inner_blocks_;
    if (tiles == 0 or inner_ == 0) return Status::ok();
    const int64_t parts = tiles * rows_per_tile_ * std::min<int64_t>(inner_, tile_elements) < 8192 ? 1 : std::min<int64_t>(threads_, tiles);
    parallel_for(parts, 1, [&](int64_t first, int64_t last) {
      for (int64_t part = first; part < last; ++part) {
        float* scratch = static_cast<float*>(workspace) + static_cast<size_t>(part) * scratch_floats();
        run_tiles(in, out, scratch, tiles * part / parts, tiles * (part + 1) / parts);
      }
    });
    return Status::ok();
  }

 private:
  static constexpr size_t most_operands = 64;

  /// The innermost loop, cut where it is longer than a tile; the one around it, several rows a tile where they are short.
  void split_loops(StridedLoops& loops) {
    if (loops.extents.size() == 1) {
      loops.extents.insert(loops.extents.begin(), 1);
      for (std::vector<int64_t>& strides : loops.strides) strides.insert(strides.begin(), 0);
    }
    const size_t rank = loops.extents.size();
    extents_.assign(loops.extents.begin(), loops.extents.end() - 2);
    rows_ = loops.extents[rank - 2];
    inner_ = loops.extents[rank - 1];
    const auto tile = static_cast<int64_t>(tile_elements);
    rows_per_tile_ = inner_ >= tile ? 1 : std::max<int64_t>(1, std::min(rows_, tile / std::max<int64_t>(inner_, 1)));
    row_blocks_ = (rows_ + rows_per_tile_ - 1) / rows_per_tile_;
    inner_blocks_ = std::max<int64_t>(1, (inner_ + tile - 1) / tile);
    for (const int64_t extent : extents_) outer_ *= extent;
  }

  Access access(const StridedLoops& loops, size_t operand, const Format& format) const {
    Access made;
    made.load = tile_load(format.storage);
    made.element_bytes = byte_size(format.storage);
    made.strides = loops.strides[operand];
    const size_t rank = made.strides.size();
    const bool rows_follow = rows_per_tile_ == 1 or made.strides[rank - 2] == inner_;
    made.direct = format.storage == DType::f32 and made.strides[rank - 1] == 1 and rows_follow;
    return made;
  }

  void run_tiles(std::span<const BufferRef> in, std::span<const BufferRef> out, float* scratch, int64_t first, int64_t last) const {
    std::array<const float*, most_operands> sources{};
    std::array<float*, most_operands> targets{};
    float* staging = scratch + program_.scratch_floats();
    for (int64_t tile = first; tile < last; ++tile) {
      const int64_t block = tile % inner_blocks_;
      const int64_t row_block = tile / inner_blocks_ % row_blocks_;
      const int64_t outer = tile / inner_blocks_ / row_blocks_;
      const int64_t row = row_block * rows_per_tile_;
      const int64_t rows = std::min(rows_per_tile_, rows_ - row);
      const int64_t begin = block * static_cast<int64_t>(tile_elements);
      const int64_t columns = std::min<int64_t>(static_cast<int64_t>(tile_elements), inner_ - begin);
      for (size_t i = 0; i < inputs_.size(); ++i)
        sources[i] = fetch(inputs_[i], in[i].data, offset_of(inputs_[i], outer, row, begin), rows, columns, staging + i * tile_elements);
      const int64_t at = (outer * rows_ + row) * inner_ + begin;
      for (size_t i = 0; i < stores_.size(); ++i)
        targets[i] = stores_[i] == nullptr and out[i].data != nullptr ? reinterpret_cast<float*>(out[i].data) + at
                                                                      : staging + (inputs_.size() + i) * tile_elements;
      const auto count = static_cast<size_t>(rows * columns);
      program_.run(sources.data(), targets.data(), count, scratch);
      for (size_t i = 0; i < stores_.size(); ++i)
        if (stores_[i] != nullptr and out[i].data != nullptr)
          stores_[i](targets[i], out[i].data + static_cast<size_t>(at) * output_bytes_[i], count);
    }
  }

  int64_t offset_of(const Access& access, int64_t outer, int64_t row, int64_t begin) const {
    int64_t offset = row * access.strides[extents_.size()] + begin * access.strides[extents_.size() + 1];
    for (size_t i = extents_.size(); i-- > 0;) {
      offset += outer % extents_[i] * access.strides[i];
      outer /= extents_[i];
    }
    return offset;
  }

  const float* fetch(const Access& access, const std::byte* data, int64_t offset, int64_t rows, int64_t columns, float* staging) const {
    const std::byte* from = data + static_cast<size_t>(offset) * access.element_bytes;
    if (access.direct) return reinterpret_cast<const float*>(from);
    const int64_t row_stride = access.strides[access.strides.size() - 2];
    const int64_t stride = access.strides.back();
    if (stride == 1 and (rows == 1 or row_stride == columns)) {
      access.load(from, staging, static_cast<size_t>(rows * columns));
      return staging;
    }
    for (int64_t r = 0; r < rows; ++r) {
      const std::byte* line = from + static_cast<size_t>(r * row_stride) * access.element_bytes;
      float* to = staging + r * columns;
      if (stride == 1) {
        access.load(line, to, static_cast<size_t>(columns));
      } else if (stride == 0) {
        access.load(line, to, 1);
        tile_fill(to + 1, to[0], static_cast<size_t>(columns - 1));
      } else {
        for (int64_t c = 0; c < columns; ++c) access.load(line + static_cast<size_t>(c * stride) * access.element_bytes, to + c, 1);
      }
    }
    return staging;
  }

  TileProgram program_;
  int threads_;
  std::vector<Access> inputs_;
  std::vector<TileStore> stores_;  // nullptr: f32, written in place
  std::vector<size_t> output_bytes_;
  std::vector<int64_t> extents_;  // the loops outside a tile's two
  int64_t outer_ = 1, rows_ = 1, inner_ = 1;
  int64_t rows_per_tile_ = 1, row_blocks_ = 1, inner_blocks_ = 1;
};

std::vector<Layout> layouts_for(std::span<const int64_t> dims) {
  std::vector<Layout> layouts{Layout::row_major(dims.size())};
  if (dims.size() < 3) return layouts;
  layouts.push_back(Layout::channels_last(dims.size()));
  for (const int32_t block : {16, 8})
    if (Layout blocked = Layout::channel_blocks(dims.size(), block); unpadded(blocked, dims)) layouts.push_back(std::move(blocked));
  return layouts;
}

/// f32 tensors in `narrow` where that is set, everything else in its own type.
Format stored_as(const TensorType& type, const Layout& layout, std::optional<DType> narrow) {
  return {type.dtype == DType::f32 and narrow ? *narrow : type.dtype, layout};
}

class Pointwise final : public tactics::Tactic {
 public:
  std::string_view id() const override { return "cpu.simd.pointwise"; }
  uint32_t revision() const override { return 1; }

  Verdict supports(const OpRequest& request) const override {
    const auto* pointwise = request.op.as<ops::Pointwise>();
    if (pointwise == nullptr) return Verdict::no("not pointwise");
    if (request.has_epilogue()) return Verdict::no("a pointwise node has no epilogue of its own");
    if (request.inputs.size() + request.outputs.size() > 60) return Verdict::no("more than 60 operands");
    return TileProgram::supports(pointwise->expr);
  }

  void variants(const OpRequest& request, tactics::VariantSink& sink) const override {
    const Dims dims = request.output_dims();
    for (const Layout& layout : layouts_for(dims)) {
      offer(request, layout, {}, sink);
      for (const DType narrow : {DType::bf16, DType::f16})
        if (request.permits(narrow)) offer(request, layout, narrow, sink);
    }
  }

  std::unique_ptr<tactics::Kernel> build(tactics::BuildContext& context, const OpRequest& request, const Variant& variant) const override {
    return std::make_unique<PointwiseKernel>(request, variant, context.threads());
  }

 private:
  static void offer(const OpRequest& request, const Layout& layout, std::optional<DType> narrow, tactics::VariantSink& sink) {
    const Dims dims = request.output_dims();
    Variant variant;
    double bytes = 0;
    for (size_t i = 0; i < request.inputs.size(); ++i) {
      const tactics::Operand& input = request.inputs[i];
      const bool full = input.type.shape.dims() == dims;
      const bool constant = input.constant != nullptr;
      variant.inputs.push_back(full and not constant ? stored_as(input.type, layout, narrow) : tactics::plain_format(input.type));
      bytes += static_cast<double>(tactics::stored_bytes(variant.inputs.back(), input.type.shape.dims()));
      if (full and not constant and variant.in_place < 0 and request.outputs.size() == 1) variant.in_place = static_cast<int>(i);
    }
    for (const TensorType& output : request.outputs) {
      variant.outputs.push_back(stored_as(output, layout, narrow));
      bytes += static_cast<double>(tactics::stored_bytes(variant.outputs.back(), dims));
    }
    const TileProgram program(request.op.as<ops::Pointwise>()->expr);
    if (variant.in_place >= 0 and
        not(variant.inputs[static_cast<size_t>(variant.in_place)] == variant.outputs[0] and program.last_step_writes_output()))
      variant.in_place = -1;
    const size_t floats = program.scratch_floats() + (request.inputs.size() + request.outputs.size()) * tile_elements;
    variant.workspace = static_cast<int64_t>(floats * sizeof(float)) * request.target.threads;
    const auto steps = static_cast<double>(request.op.as<ops::Pointwise>()->expr.steps.size());
    variant.estimate = bytes / 30e9 + steps * static_cast<double>(element_count(dims)) * 0.15e-9 / request.target.threads;
    sink.offer(std::move(variant));
  }
};

}  // namespace

void register_pointwise(tactics::Registry& registry) { registry.add(std::make_unique<Pointwise>()); }

}  // namespace burnish::cpu
