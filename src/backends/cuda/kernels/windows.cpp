#include "backends/cuda/kernels/windows.h"

#include <algorithm>

#include "backends/cuda/kernels/formats.h"

namespace burnish::cuda {

using tactics::Format;
using tactics::OpRequest;
using tactics::Variant;

namespace {

/// Where a logical axis of a tensor of this rank stands among an image's.
size_t place_of(size_t axis, size_t rank) { return axis < 2 ? axis : axis + image_axes - rank; }

StridedOperand walked(const Format& format, const ImageDims& strides, const std::array<size_t, image_axes>& walk) {
  StridedOperand operand{format.storage, {}};
  for (const size_t axis : walk) operand.strides.push_back(strides[axis]);
  return operand;
}

}  // namespace

ImageDims image_extents(const Dims& dims) {
  ImageDims extents{1, 1, 1, 1, 1};
  for (size_t axis = 0; axis < dims.size(); ++axis) extents[place_of(axis, dims.size())] = dims[axis];
  return extents;
}

ImageDims image_strides(const Format& format, const Dims& dims) {
  ImageDims strides{};
  const Dims own = strided(format, dims, dims).strides;
  for (size_t axis = 0; axis < dims.size(); ++axis) strides[place_of(axis, dims.size())] = own[axis];
  return strides;
}

bool is_channels_last(const Layout& layout) { return not layout.order.empty() and layout.order.back() == 1; }

std::array<size_t, image_axes> walk_of(const Layout& output) {
  if (is_channels_last(output)) return {0, 2, 3, 4, 1};
  return {0, 1, 2, 3, 4};
}

Tail image_tail(const OpRequest& request, const Variant& variant, const TailProgram& program, const std::vector<size_t>& by_channel,
                int width, bool fixed) {
  const auto walk = walk_of(variant.outputs[0].layout);
  const size_t rank = request.outputs[0].shape.rank();
  std::vector<StridedOperand> operands, outputs;
  for (size_t i = 0; i < program.inputs.size(); ++i) {
    const size_t input = program.inputs[i];
    ImageDims strides{};
    if (std::ranges::find(by_channel, i) != by_channel.end()) {
      strides[1] = request.dims(input)[0] == 1 ? 0 : 1;
    } else {
      const Dims own = strided(variant.inputs[input], request.dims(input), Dims(rank, 1)).strides;
      for (size_t axis = 0; axis < rank; ++axis) strides[place_of(axis, rank)] = own[axis];
    }
    operands.push_back(walked(variant.inputs[input], strides, walk));
  }
  for (size_t i = 0; i < program.expr.outputs.size(); ++i)
    outputs.push_back(walked(variant.outputs[i], image_strides(variant.outputs[i], request.output_dims(i)), walk));
  return Tail(program.expr, std::move(operands), std::move(outputs), width, {.fixed = fixed, .constants = kept_operands(program, variant)});
}

std::string window_types(const ops::WindowBox& box) {
  std::string text;
  for (const ops::WindowAxis& axis : box)
    text += fmt::format("{}Window<{}, {}, {}>", text.empty() ? "" : ", ", axis.kernel, axis.stride, axis.dilation);
  return text;
}

int channels_together(const Format& format, const Dims& dims, int bytes) {
  if (not is_channels_last(format.layout)) return 1;
  for (int width = bytes / static_cast<int>(byte_size(format.storage)); width > 1; width /= 2)
    if (dims[1] % width == 0) return width;
  return 1;
}

}  // namespace burnish::cuda
