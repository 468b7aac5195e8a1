// Shapes of convolutions: see the header.
#include "ops/convolution.h"

#include "base/error.h"

namespace burnish::ops {
namespace {

void check_channels(const Conv& conv, const Shape& input, const Shape& weight) {
  if (input.rank() < 3) fail("the input has shape {}; a convolution needs batch, channels and at least one spatial axis", input.text());
  if (weight.rank() != input.rank())
    fail("the weight has shape {}, but the input has shape {}: their ranks must agree", weight.text(), input.text());
  if (conv.group < 1) fail("group is {}; it must be 1 or more", conv.group);
  const auto filters = weight[0].constant();
  if (filters and *filters % conv.group != 0) fail("{} filters do not divide into {} groups", *filters, conv.group);
  const auto channels = input[1].constant();
  const auto per_group = weight[1].constant();
  if (channels and *channels % conv.group != 0) fail("{} input channels do not divide into {} groups", *channels, conv.group);
  if (channels and per_group and *channels / conv.group != *per_group)
    fail("the weight of shape {} expects {} input channels for each of {} groups, but the input has shape {}", weight.text(), *per_group,
         conv.group, input.text());
}

std::vector<int64_t> kernel_of(const Shape& weight) {
  std::vector<int64_t> kernel;
  for (const Dim& dim : weight.axes().subspan(2)) {
    if (not dim.is_constant()) fail_unsupported("the weight has shape {}; its spatial extents must be static", weight.text());
    kernel.push_back(dim.value());
  }
  return kernel;
}

}  // namespace

Conv import_convolution(const ImportContext& context) {
  if (const auto kernel = context.find_ints("kernel_shape"); kernel and not kernel->empty()) {
    const size_t weight_index = context.op_type() == "QLinearConv" ? 3 : 1;
    const Shape& weight = context.type(context.input(weight_index)).shape;
    if (weight.rank() != kernel->size() + 2) fail("kernel_shape has {} values, but the weight has shape {}", kernel->size(), weight.text());
    for (size_t i = 0; i < kernel->size(); ++i)
      if (weight[2 + i].constant().value_or((*kernel)[i]) != (*kernel)[i])
        fail("kernel_shape is {}, but the weight has shape {}", text_of(*kernel), weight.text());
  }
  return {.strides = context.ints_or("strides", {}),
          .pads = context.ints_or("pads", {}),
          .dilations = context.ints_or("dilations", {}),
          .group = context.int_or("group", 1),
          .auto_pad = import_auto_pad(context)};
}

Window window_of(const Conv& conv, const Shape& input, const Shape& weight) {
  check_channels(conv, input, weight);
  return resolved_window(input.axes().subspan(2), kernel_of(weight), conv.strides, conv.dilations, conv.pads, conv.auto_pad);
}

Shape convolution_output(const Conv& conv, const Shape& input, const Shape& weight) {
  check_channels(conv, input, weight);
  Shape output{input[0], weight[0]};
  for (Dim& dim :
       inferred_outputs(input.axes().subspan(2), kernel_of(weight), conv.strides, conv.dilations, conv.pads, conv.auto_pad, false))
    output.push_back(std::move(dim));
  return output;
}

void check_convolution_bias(const Shape& bias, const Dim& filters) {
  if (bias.rank() != 1) fail("the bias has shape {}; it must have rank 1", bias.text());
  if (bias[0].is_constant() and filters.is_constant() and bias[0] != filters)
    fail("the bias has shape {}, but there are {} filters", bias.text(), filters.text());
}

Convolution convolution_of(const Conv& conv, const Dims& input, const Dims& weight) {
  const Window window = window_of(conv, Shape(input), Shape(weight));
  const Dims output = convolution_output(conv, Shape(input), Shape(weight)).dims();
  return {.batch = input[0],
          .channels = input[1],
          .filters = weight[0],
          .group = conv.group,
          .box = window_box(std::span(input).subspan(2), std::span(output).subspan(2), window)};
}

}  // namespace burnish::ops
