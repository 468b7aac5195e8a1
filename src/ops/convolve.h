// The loops of a direct convolution over plain arrays, for reference evaluation: Conv, ConvInteger, QLinearConv.
// Written so that the innermost loop runs along a row of the output; each plane of the output is summed in the accumulator's type.
#pragma once

#include <algorithm>
#include <vector>

#include "base/parallel.h"
#include "ops/numbers.h"
#include "ops/window.h"

namespace burnish::ops {

struct Convolution {
  int64_t batch = 0;
  int64_t channels = 0;
  int64_t filters = 0;
  int64_t group = 1;
  WindowBox box;

  int64_t input_plane() const { return box[0].input * box[1].input * box[2].input; }
  int64_t output_plane() const { return box[0].output * box[1].output * box[2].output; }
  int64_t kernel_size() const { return box[0].kernel * box[1].kernel * box[2].kernel; }
};

/// The outputs [first, last) whose input o * stride + shift lies inside the axis.
struct InsideRange {
  int64_t first;
  int64_t last;
};
inline InsideRange inside_range(const WindowAxis& axis, int64_t shift) {
  const int64_t first = shift >= 0 ? 0 : (-shift + axis.stride - 1) / axis.stride;
  const int64_t past = axis.input - shift;
  const int64_t last = past <= 0 ? 0 : (past + axis.stride - 1) / axis.stride;
  return {std::min(first, axis.output), std::min(last, axis.output)};
}

namespace detail {

/// sum += weight * x along all rows that one kernel element touches.
template <class T, class Sum>
void add_shifted(const WindowBox& box, const T* x, Sum weight, const std::array<int64_t, 3>& shift, Sum* sum) {
  const auto& [depth, height, width] = box;
  const InsideRange planes = inside_range(depth, shift[0]);
  const InsideRange rows = inside_range(height, shift[1]);
  const InsideRange columns = inside_range(width, shift[2]);
  for (int64_t d = planes.first; d < planes.last; ++d)
    for (int64_t h = rows.first; h < rows.last; ++h) {
      const T* from = x + ((d * depth.stride + shift[0]) * height.input + h * height.stride + shift[1]) * width.input + shift[2];
      Sum* to = sum + (d * height.output + h) * width.output;
      for (int64_t w = columns.first; w < columns.last; ++w) to[w] += weight * static_cast<Sum>(from[w * width.stride]);
    }
}

/// One output plane: `x` are the input planes of its group, `weight` its filter.
template <class T, class Sum>
void convolve_plane(const Convolution& shape, const T* x, const T* weight, std::vector<Sum>& sum) {
  const auto& [depth, height, width] = shape.box;
  std::fill(sum.begin(), sum.end(), Sum{});
  for (int64_t c = 0; c < shape.channels / shape.group; ++c)
    for (int64_t d = 0; d < depth.kernel; ++d)
      for (int64_t h = 0; h < height.kernel; ++h)
        for (int64_t w = 0; w < width.kernel; ++w)
          add_shifted(shape.box, x + c * shape.input_plane(), static_cast<Sum>(*weight++),
                      {d * depth.dilation - depth.pad_begin, h * height.dilation - height.pad_begin, w * width.dilation - width.pad_begin},
                      sum.data());
}

}  // namespace detail

/// finish(sum, filter) makes an output element of each sum.
template <class T, class Out, class Finish>
void convolve(const Convolution& shape, const T* x, const T* weight, Out* y, const Finish& finish) {
  using Sum = Accumulator<T>;
  const int64_t filters_per_group = shape.filters / shape.group;
  const int64_t channels_per_group = shape.channels / shape.group;
  parallel_for(shape.batch * shape.filters, grain_for(channels_per_group * shape.kernel_size() * shape.output_plane()),
               [&](int64_t begin, int64_t end) {
                 std::vector<Sum> sum(static_cast<size_t>(shape.output_plane()));
                 for (int64_t plane = begin; plane < end; ++plane) {
                   const int64_t filter = plane % shape.filters;
                   const int64_t first_channel = plane / shape.filters * shape.channels + filter / filters_per_group * channels_per_group;
                   detail::convolve_plane(shape, x + first_channel * shape.input_plane(),
                                          weight + filter * channels_per_group * shape.kernel_size(), sum);
                   Out* to = y + plane * shape.output_plane();
                   for (const Sum one : sum) *to++ = finish(one, filter);
                 }
               });
}

}  // namespace burnish::ops
