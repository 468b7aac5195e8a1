// Conv and ConvTranspose: one to three spatial axes, groups up to depthwise, strides, dilations, every padding, odd channels, bias.
#include "ops/conv.h"

#include "ops/conv_transpose.h"
#include "suite/suite.h"

namespace burnish::suite {
namespace {

struct Filter {
  int64_t in, out, group, kernel, stride, dilation, pad;
};

// Channel counts on both sides of vector widths, depthwise with and without a multiplier, pointwise, strided, dilated.
const Filter filters[] = {
    {3, 8, 1, 3, 1, 1, 1},    {16, 16, 1, 1, 1, 1, 0},  {16, 33, 1, 1, 1, 1, 0}, {5, 7, 1, 3, 2, 1, 1},   {32, 32, 32, 3, 1, 1, 1},
    {17, 17, 17, 3, 2, 1, 1}, {16, 32, 16, 3, 1, 1, 1}, {32, 16, 4, 3, 1, 1, 1}, {6, 9, 3, 3, 1, 1, 0},   {16, 16, 1, 3, 1, 2, 2},
    {8, 8, 8, 5, 1, 2, 4},    {3, 16, 1, 7, 2, 1, 3},   {64, 16, 1, 3, 1, 1, 1}, {16, 16, 1, 1, 2, 1, 0},
};

ops::Conv conv(const Filter& f, size_t axes) {
  return {.strides = std::vector<int64_t>(axes, f.stride),
          .pads = std::vector<int64_t>(2 * axes, f.pad),
          .dilations = std::vector<int64_t>(axes, f.dilation),
          .group = f.group};
}

Shape filter_shape(const Filter& f, size_t axes) {
  Shape shape{f.out, f.in / f.group};
  for (size_t i = 0; i < axes; ++i) shape.push_back(f.kernel);
  return shape;
}

int64_t terms(const Filter& f, size_t axes) {
  int64_t count = f.in / f.group;
  for (size_t i = 0; i < axes; ++i) count *= f.kernel;
  return count;
}

}  // namespace

BURNISH_CASES(conv) {
  for (const Filter& f : filters) {
    cases.add(conv(f, 2), {input(f32, {1, f.in, 13, 11}), weights(f32, filter_shape(f, 2))}).sums(terms(f, 2));
    cases.add(conv(f, 2), {input(f32, {3, f.in, 9, 14}), weights(f32, filter_shape(f, 2)), weights(f32, {f.out})}).sums(terms(f, 2));
    cases.add(conv(f, 1), {input(f32, {2, f.in, 31}), weights(f32, filter_shape(f, 1)), weights(f32, {f.out})}).sums(terms(f, 1));
  }
  for (const Filter& f : {filters[0], filters[4], filters[7]}) {
    cases.add(conv(f, 3), {input(f32, {1, f.in, 5, 7, 6}), weights(f32, filter_shape(f, 3))}).sums(terms(f, 3));
    for (const DType type : {f16, bf16, f64})
      cases.add(conv(f, 2), {input(type, {1, f.in, 9, 9}), weights(type, filter_shape(f, 2))}).sums(terms(f, 2));
  }
  const std::vector<Input> image{input(f32, {1, 4, 10, 9}), weights(f32, {6, 4, 3, 2})};
  for (const auto pad : {ops::AutoPad::same_upper, ops::AutoPad::same_lower, ops::AutoPad::valid})
    cases.add(ops::Conv{.strides = {2, 3}, .pads = {}, .dilations = {}, .auto_pad = pad}, image).sums(24);
  cases.add(ops::Conv{.strides = {}, .pads = {0, 1, 2, 3}, .dilations = {}}, image).named("uneven pads").sums(24);
  cases.add(ops::Conv{.strides = {1, 2}, .pads = {}, .dilations = {2, 1}}, image).named("uneven strides and dilations").sums(24);
  cases.add(ops::Conv{}, {input(f32, {1, 4, 6, 6}), input(f32, {2, 4, 3, 3}).between(-1, 1)}).named("weights known while running").sums(36);
  for (const DType type : {f16, bf16})
    cases.add(ops::Conv{}, {input(type, {2, 64, 9, 7}), weights(type, {72, 64, 1, 1}), weights(type, {72})}).named("pixels").sums(64);
  // Channels in whole runs of eight: windows as rows of a matrix product.
  for (const Filter& f : {Filter{64, 72, 1, 3, 2, 1, 1}, Filter{24, 40, 1, 3, 1, 2, 2}, Filter{8, 16, 1, 5, 1, 1, 2},
                          Filter{128, 64, 1, 1, 2, 1, 0}, Filter{16, 24, 1, 2, 1, 1, 0}})
    for (const DType type : {f32, f16, bf16})
      cases.add(conv(f, 2), {input(type, {2, f.in, 15, 13}), weights(type, filter_shape(f, 2)), weights(type, {f.out})})
          .named("runs")
          .sums(terms(f, 2));
  // First layers: fewer channels than a run.
  for (const Filter& f : {Filter{3, 64, 1, 7, 2, 1, 3}, Filter{3, 32, 1, 4, 4, 1, 0}, Filter{1, 8, 1, 3, 1, 1, 1},
                          Filter{4, 16, 1, 3, 2, 1, 1}, Filter{12, 16, 1, 3, 1, 1, 1}})
    for (const DType type : {f32, f16})
      cases.add(conv(f, 2), {input(type, {2, f.in, 24, 21}), weights(type, filter_shape(f, 2)), weights(type, {f.out})})
          .named("few channels")
          .sums(terms(f, 2));
  cases
      .add(ops::Conv{.strides = {2, 1}, .pads = {2, 0, 1, 3}, .dilations = {1, 2}},
           {input(f16, {3, 32, 19, 30}), weights(f16, {64, 32, 3, 5})})
      .named("runs, uneven")
      .sums(480);
  cases.add(ops::Conv{}, {input(f32, {0, 4, 6, 6}), weights(f32, {2, 4, 3, 3})}).named("empty batch");
  cases.add(ops::Conv{}, {input(f32, {1, 4, 3, 3}), weights(f32, {2, 4, 3, 3})}).named("one window").sums(36);
  // Of one position the bias is as large as the result.
  cases.add(ops::Conv{.strides = {}, .pads = {1, 1}, .dilations = {}}, {input(f32, {1, 4, 1}), weights(f32, {5, 4, 3}), weights(f32, {5})})
      .named("one position of a line")
      .sums(12);
  for (const DType type : {f32, f16})
    cases.add(ops::Conv{}, {input(type, {1, 72, 1, 1}), weights(type, {24, 72, 1, 1}), weights(type, {24})})
        .named(fmt::format("one position, {}", name_of(type)))
        .sums(72);
  cases.add(ops::Conv{}, {input(f32, {1, 4, 6, 6}), weights(f32, {2, 3, 3, 3})}).fails("");
  cases.add(ops::Conv{}, {input(f32, {1, 4, 2, 6}), weights(f32, {2, 4, 3, 3})}).fails("");
  // Depthwise: images larger than tiles and blocks, in one, two and four channels at once.
  for (const Filter& f :
       {Filter{8, 8, 8, 3, 1, 1, 1}, Filter{6, 6, 6, 5, 2, 1, 2}, Filter{12, 12, 12, 3, 1, 2, 2}, Filter{4, 4, 4, 7, 1, 1, 3}})
    cases.add(conv(f, 2), {input(f32, {2, f.in, 37, 29}), weights(f32, filter_shape(f, 2)), weights(f32, {f.out})}).sums(terms(f, 2));
}

BURNISH_CASES(conv_transpose) {
  for (const Filter& f : {filters[0], filters[3], filters[4], filters[8], filters[9], filters[12]}) {
    const Shape weight{f.in, f.out / f.group, f.kernel, f.kernel};
    const ops::ConvTranspose op{.strides = {f.stride, f.stride},
                                .pads = {f.pad, f.pad, f.pad, f.pad},
                                .dilations = {f.dilation, f.dilation},
                                .output_padding = {},
                                .output_shape = {},
                                .group = f.group};
    cases.add(op, {input(f32, {2, f.in, 7, 5}), weights(f32, weight)}).sums(terms(f, 2));
    cases.add(op, {input(f32, {1, f.in, 6, 6}), weights(f32, weight), weights(f32, {f.out})}).sums(terms(f, 2));
  }
  ops::ConvTranspose stretched;
  stretched.strides = {2, 2};
  cases.add(stretched, {input(f32, {1, 16, 8, 8}), weights(f32, {16, 8, 2, 2})}).named("doubling").sums(16);
  stretched.output_padding = {1, 0};
  cases.add(stretched, {input(f32, {1, 4, 5, 6}), weights(f32, {4, 3, 3, 3})}).named("output padding").sums(36);
  ops::ConvTranspose shaped;
  shaped.strides = {2, 2};
  shaped.output_shape = {10, 9};
  cases.add(shaped, {input(f32, {1, 4, 5, 5}), weights(f32, {4, 3, 3, 3})}).named("output shape").sums(36);
  cases.add(ops::ConvTranspose{}, {input(f32, {1, 8, 1, 1}), weights(f32, {8, 6, 4, 4})}).named("from one position").sums(8);
  ops::ConvTranspose line;
  line.strides = {3};
  cases.add(line, {input(f32, {1, 4, 5}), weights(f32, {4, 3, 4})}).sums(16);
}

}  // namespace burnish::suite
