// Pools over sliding windows: the largest element, the average, or a norm. One thread for a run of channels (channels last) or one element.
#pragma once

#include "expr.cuh"
#include "halves.cuh"
#include "windows.cuh"

enum class Pooling { max, average, lp };

template <class T>
struct PoolShape {
  const T* x;
  ImageStrides strides;
  Extents<5> walked;  // outputs, the last axis in runs
  u32 count;
  int inputs[3], pad_begin[3], pad_end[3];
};

template <class A>
__device__ inline constexpr A smallest() {
  if constexpr (A(0.5) != A(0)) return sizeof(A) == 8 ? static_cast<A>(-1.7976931348623157e308) : static_cast<A>(-3.402823466e38);
  else return A(-1) > A(0) ? A(0) : static_cast<A>(A(1) << (8 * sizeof(A) - 1));
}

template <class A, Pooling kind, int p>
__device__ inline A pool_term(A x) {
  if constexpr (kind == Pooling::average) return x;
  else if constexpr (p == 1) return fabs(x);
  else if constexpr (p == 2) return x * x;
  else return pow(fabs(x), A(p));
}

template <Pooling kind, int p, class T, int width, class A>
__device__ inline void pool_in(const Run<T, width>& run, A (&sum)[width]) {
  A x[width];
  run.unpack(x);
#pragma unroll
  for (int i = 0; i < width; ++i) {
    if constexpr (kind != Pooling::max) sum[i] += pool_term<A, kind, p>(x[i]);
    else if constexpr (is_float<A>) sum[i] = op_max(sum[i], x[i]);
    else sum[i] = x[i] > sum[i] ? x[i] : sum[i];
  }
}

template <Pooling kind, int p, bool count_pads, bool channels_last, int width, class D, class H, class W, class T, class Tail>
__device__ inline void pool(const PoolShape<T>& shape, const Tail& tail) {
  using A = Compute<T>;
  const u32 index = blockIdx.x * blockDim.x + threadIdx.x;
  if (index >= shape.count) return;
  const ImagePlace place = image_place<channels_last, width>(index, shape.walked);
  const int begin[3] = {place.position[0] * D::stride - shape.pad_begin[0], place.position[1] * H::stride - shape.pad_begin[1],
                        place.position[2] * W::stride - shape.pad_begin[2]};
  const T* from = shape.x + place.batch * shape.strides.stride[0] + place.channel * shape.strides.stride[1];
  A sum[width];
#pragma unroll
  for (int i = 0; i < width; ++i) sum[i] = kind == Pooling::max ? smallest<A>() : A(0);
  const auto exists = [&](int d, int h, int w) {
    return d >= 0 and d < shape.inputs[0] and h >= 0 and h < shape.inputs[1] and w >= 0 and w < shape.inputs[2];
  };
  const auto load = [&](Run<T, width>& run, int d, int h, int w) {
    run.load(from + d * shape.strides.stride[2] + h * shape.strides.stride[3] + w * shape.strides.stride[4]);
  };
  constexpr int taps = D::kernel * H::kernel * W::kernel, taps_at_once = 9;
  if constexpr (taps <= taps_at_once) {
    // All are asked for before the first is looked at.
    Run<T, width> runs[taps];
    bool inside[taps];
#pragma unroll
    for (int tap = 0; tap < taps; ++tap) {
      const int d = begin[0] + tap / (H::kernel * W::kernel) * D::dilation;
      const int h = begin[1] + tap / W::kernel % H::kernel * H::dilation, w = begin[2] + tap % W::kernel * W::dilation;
      inside[tap] = exists(d, h, w);
      if (inside[tap]) load(runs[tap], d, h, w);
    }
#pragma unroll
    for (int tap = 0; tap < taps; ++tap)
      if (inside[tap]) pool_in<kind, p>(runs[tap], sum);
  } else {
#pragma unroll(D::unrolled)
    for (int kd = 0; kd < D::kernel; ++kd)
#pragma unroll(H::unrolled)
      for (int kh = 0; kh < H::kernel; ++kh)
#pragma unroll(W::unrolled)
        for (int kw = 0; kw < W::kernel; ++kw) {
          const int d = begin[0] + kd * D::dilation, h = begin[1] + kh * H::dilation, w = begin[2] + kw * W::dilation;
          if (not exists(d, h, w)) continue;
          Run<T, width> run;
          load(run, d, h, w);
          pool_in<kind, p>(run, sum);
        }
  }
  if constexpr (kind == Pooling::average) {
    const int low = count_pads ? 1 : 0;
    const int elements = D::inside(begin[0], -low * shape.pad_begin[0], shape.inputs[0] + low * shape.pad_end[0]) *
                         H::inside(begin[1], -low * shape.pad_begin[1], shape.inputs[1] + low * shape.pad_end[1]) *
                         W::inside(begin[2], -low * shape.pad_begin[2], shape.inputs[2] + low * shape.pad_end[2]);
#pragma unroll
    for (int i = 0; i < width; ++i) sum[i] = elements == 0 ? A(0) : sum[i] / A(elements);
  }
  if constexpr (kind == Pooling::lp and p != 1) {
#pragma unroll
    for (int i = 0; i < width; ++i) sum[i] = p == 2 ? sqrt(sum[i]) : pow(sum[i], A(1) / A(p));
  }
  tail.store(place.at, sum);
}
