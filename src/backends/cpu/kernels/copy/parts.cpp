// Concat, Slice, Split, Pad (with a constant) and Expand of any element type: lists of rectangular copies, row-major or channels-last.
#include <cstring>

#include "backends/cpu/kernels/copy/part_copy.h"
#include "backends/cpu/kernels/rows.h"
#include "base/parallel.h"
#include "ops/concat.h"
#include "ops/expand.h"
#include "ops/operator.h"
#include "ops/pad.h"
#include "ops/slice.h"
#include "ops/split.h"
#include "tactics/registry.h"

namespace burnish::cpu {
namespace {

using tactics::BufferRef;
using tactics::OpRequest;
using tactics::Variant;
using tactics::Verdict;

struct Part {
  size_t input = 0;
  size_t output = 0;
  PartCopy copy;
};

/// What the kernel does: fill an output with one value first, where `fill` holds an element, then copy the parts.
struct Parts {
  std::vector<Part> parts;
  std::vector<std::byte> fill;
};

class PartsKernel final : public tactics::Kernel {
 public:
  PartsKernel(Parts parts, int threads) : parts_(std::move(parts)), threads_(threads) {}

  Status run(tactics::RunContext&, std::span<const BufferRef> in, std::span<const BufferRef> out, void*) const noexcept override {
    if (not parts_.fill.empty()) fill(out[0]);
    for (const Part& part : parts_.parts)
      if (out[part.output].data != nullptr) part.copy.run(in[part.input].data, out[part.output].data, threads_);
    return Status::ok();
  }

 private:
  void fill(const BufferRef& out) const {
    const size_t size = parts_.fill.size();
    for (int64_t at = 0; at + static_cast<int64_t>(size) <= out.bytes; at += static_cast<int64_t>(size))
      std::memcpy(out.data + at, parts_.fill.data(), size);
  }

  Parts parts_;
  int threads_;
};

size_t positive_axis(int64_t axis, size_t rank) { return static_cast<size_t>(axis < 0 ? axis + static_cast<int64_t>(rank) : axis); }

std::vector<int64_t> constant_or_empty(const OpRequest& request, size_t input) {
  if (request.inputs.size() <= input or not request.inputs[input].present) return {};
  return request.inputs[input].constant->integers();
}

Parts parts_of_concat(const OpRequest& request, const Layout& layout, size_t bytes) {
  Parts made;
  const size_t axis = positive_axis(request.op.as<ops::Concat>()->axis, request.output_dims().size());
  Placement to = whole(request.output_dims(), layout);
  for (size_t i = 0; i < request.inputs.size(); ++i) {
    const Dims dims = request.dims(i);
    if (element_count(dims) > 0) made.parts.push_back({i, 0, PartCopy(dims, whole(dims, layout), to, bytes)});
    to.offset += dims[axis] * to.strides[axis];
  }
  return made;
}

Parts parts_of_split(const OpRequest& request, const Layout& layout, size_t bytes) {
  Parts made;
  const size_t axis = positive_axis(request.op.as<ops::Split>()->axis, request.dims(0).size());
  Placement from = whole(request.dims(0), layout);
  for (size_t i = 0; i < request.outputs.size(); ++i) {
    const Dims dims = request.output_dims(i);
    if (element_count(dims) > 0) made.parts.push_back({0, i, PartCopy(dims, from, whole(dims, layout), bytes)});
    from.offset += dims[axis] * from.strides[axis];
  }
  return made;
}

Parts parts_of_slice(const OpRequest& request, const Layout& layout, size_t bytes) {
  const Dims dims = request.dims(0);
  const std::vector<ops::SliceRange> ranges = ops::slice_ranges(dims, constant_or_empty(request, 1), constant_or_empty(request, 2),
                                                                constant_or_empty(request, 3), constant_or_empty(request, 4));
  Placement from = whole(dims, layout);
  for (size_t axis = 0; axis < dims.size(); ++axis) {
    from.offset += ranges[axis].start * from.strides[axis];
    from.strides[axis] *= ranges[axis].step;
  }
  Parts made;
  const Dims out = request.output_dims();
  if (element_count(out) > 0) made.parts.push_back({0, 0, PartCopy(out, from, whole(out, layout), bytes)});
  return made;
}

Parts parts_of_expand(const OpRequest& request, const Layout& layout, size_t bytes) {
  const Dims dims = request.dims(0);
  const Dims out = request.output_dims();
  const Dims own = Layout::row_major(dims.size()).strides(dims);
  Placement from{Dims(out.size(), 0), 0};
  for (size_t axis = 0; axis < dims.size(); ++axis)
    if (dims[axis] != 1) from.strides[axis + out.size() - dims.size()] = own[axis];
  Parts made;
  if (element_count(out) > 0) made.parts.push_back({0, 0, PartCopy(out, from, whole(out, layout), bytes)});
  return made;
}

Parts parts_of_pad(const OpRequest& request, const Layout& layout, size_t bytes) {
  const Dims dims = request.dims(0);
  const Dims out = request.output_dims();
  const std::vector<int64_t> pads = ops::full_pads(constant_or_empty(request, 1), constant_or_empty(request, 3), dims.size());
  Placement from = whole(dims, layout);
  Placement to = whole(out, layout);
  Dims extent = dims;
  for (size_t axis = 0; axis < dims.size(); ++axis) {
    const int64_t begin = pads[axis];
    const int64_t end = pads[axis + dims.size()];
    extent[axis] += std::min<int64_t>(begin, 0) + std::min<int64_t>(end, 0);
    from.offset += std::max<int64_t>(-begin, 0) * from.strides[axis];
    to.offset += std::max<int64_t>(begin, 0) * to.strides[axis];
  }
  Parts made;
  made.fill.assign(bytes, std::byte{0});
  if (request.inputs.size() > 2 and request.inputs[2].present) std::memcpy(made.fill.data(), request.inputs[2].constant->data(), bytes);
  if (element_count(out) > 0 and std::all_of(extent.begin(), extent.end(), [](int64_t e) { return e > 0; }))
    made.parts.push_back({0, 0, PartCopy(extent, from, to, bytes)});
  return made;
}

Parts parts_of(const OpRequest& request, const Layout& layout, size_t bytes) {
  if (request.op.is<ops::Concat>()) return parts_of_concat(request, layout, bytes);
  if (request.op.is<ops::Split>()) return parts_of_split(request, layout, bytes);
  if (request.op.is<ops::Slice>()) return parts_of_slice(request, layout, bytes);
  if (request.op.is<ops::Pad>()) return parts_of_pad(request, layout, bytes);
  return parts_of_expand(request, layout, bytes);
}

class PartsTactic final : public tactics::Tactic {
 public:
  std::string_view id() const override { return "cpu.simd.parts"; }
  uint32_t revision() const override { return 1; }

  Verdict supports(const OpRequest& request) const override {
    const auto* pad = request.op.as<ops::Pad>();
    const bool concat = request.op.is<ops::Concat>();
    if (not concat and pad == nullptr and not request.op.is<ops::Split>() and not request.op.is<ops::Slice>() and
        not request.op.is<ops::Expand>())
      return Verdict::no("neither Concat, Split, Slice, Pad nor Expand");
    if (request.has_epilogue()) return Verdict::no("a copy takes no epilogue");
    if (request.inputs[0].type.dtype == DType::string) return Verdict::no("strings are moved by the reference");
    if (pad != nullptr and pad->mode != ops::PadMode::constant) return Verdict::no("only constant padding");
    for (size_t i = concat ? request.inputs.size() : 1; i < request.inputs.size(); ++i)
      if (request.inputs[i].present and request.inputs[i].constant == nullptr) return Verdict::no("a parameter is not constant");
    return Verdict::yes();
  }

  void variants(const OpRequest& request, tactics::VariantSink& sink) const override {
    const size_t rank = request.output_dims().size();
    const std::vector<Layout> layouts = request.op.is<ops::Expand>() ? std::vector{Layout::row_major(rank)} : copy_layouts(rank);
    for (const Layout& layout : layouts)
      for_each_storage(request, [&](DType storage) {
        const bool narrowed = storage != DType::f32;
        const bool pads = request.op.is<ops::Pad>() and request.inputs.size() > 2 and request.inputs[2].present;
        if (narrowed and (request.outputs[0].dtype != DType::f32 or pads)) return;
        offer(request, layout, storage, sink);
      });
  }

  std::unique_ptr<tactics::Kernel> build(tactics::BuildContext& context, const OpRequest& request, const Variant& variant) const override {
    return std::make_unique<PartsKernel>(parts_of(request, variant.outputs[0].layout, byte_size(variant.outputs[0].storage)),
                                         context.threads());
  }

 private:
  static void offer(const OpRequest& request, const Layout& layout, DType storage, tactics::VariantSink& sink) {
    Variant variant;
    double bytes = 0;
    const bool concat = request.op.is<ops::Concat>();
    const auto stored = [&](const TensorType& type) { return tactics::Format{type.dtype == DType::f32 ? storage : type.dtype, layout}; };
    for (size_t i = 0; i < request.inputs.size(); ++i) {
      const tactics::Operand& input = request.inputs[i];
      const bool data = concat or i == 0;
      if (data and input.constant == nullptr and not request.op.is<ops::Expand>()) variant.inputs.push_back(stored(input.type));
      else if (data) variant.inputs.push_back({stored(input.type).storage, Layout::row_major(input.type.shape.rank())});
      else variant.inputs.push_back(input.present ? tactics::plain_format(input.type) : tactics::Format{});
      variant.keeps_constant.push_back(not data and input.present);
      // A constant part keeps its own form; the layout at hand must then be row-major.
      if (data and input.constant != nullptr and (not layout.is_row_major() or (storage != DType::f32 and input.type.dtype == DType::f32)))
        return;
    }
    for (const TensorType& output : request.outputs) {
      variant.outputs.push_back(stored(output));
      bytes += 2 * static_cast<double>(tactics::stored_bytes(variant.outputs.back(), output.shape.dims()));
    }
    variant.estimate = bytes / 12e9;
    sink.offer(std::move(variant));
  }
};

}  // namespace

void register_parts(tactics::Registry& registry) { registry.add(std::make_unique<PartsTactic>()); }

}  // namespace burnish::cpu
