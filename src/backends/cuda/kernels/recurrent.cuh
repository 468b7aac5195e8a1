// LSTM, GRU and RNN, one time step a launch, after the inputs of all steps were multiplied by their weights at once.
// A warp computes one unit of the state for a few sequences: its gates' rows of the recurrence times the last state, then the cell.
// States are f32 whatever the tensors are stored in. Generated code names the cell and its activations.
#pragma once

#include "expr.cuh"

/// rows x columns = x[rows, depth] * w[columns, depth] + bias: plain f32, tiles of 64 x 64 through shared memory, 256 threads.
template <class T>
__device__ inline void project_inputs(const T* __restrict__ x, const float* __restrict__ w, const float* __restrict__ bias,
                                      float* __restrict__ to, u32 rows, u32 columns, u32 depth) {
  constexpr int side = 64, deep = 16;
  __shared__ float left[deep][side + 4], right[deep][side + 4];
  const u32 row = blockIdx.y * side, column = blockIdx.x * side;
  const u32 at = threadIdx.x / 4, part = threadIdx.x % 4 * 4;
  const u32 down = threadIdx.x / 16 * 4, across = threadIdx.x % 16 * 4;
  float sums[4][4] = {};
  for (u32 k = 0; k < depth; k += deep) {
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      const u32 d = k + part + i;
      left[part + i][at] = row + at < rows and d < depth ? load_element(x[static_cast<u64>(row + at) * depth + d]) : 0.0f;
      right[part + i][at] = column + at < columns and d < depth ? w[static_cast<u64>(column + at) * depth + d] : 0.0f;
    }
    __syncthreads();
#pragma unroll
    for (int d = 0; d < deep; ++d)
#pragma unroll
      for (int i = 0; i < 4; ++i)
#pragma unroll
        for (int j = 0; j < 4; ++j) sums[i][j] += left[d][down + i] * right[d][across + j];
    __syncthreads();
  }
#pragma unroll
  for (int i = 0; i < 4; ++i)
#pragma unroll
    for (int j = 0; j < 4; ++j)
      if (row + down + i < rows and column + across + j < columns)
        to[static_cast<u64>(row + down + i) * columns + column + across + j] = sums[i][j] + bias[column + across + j];
}

/// What all steps share. Work buffers are [direction, batch, hidden].
struct Sequences {
  u32 steps, batch, hidden, directions;
  bool batch_first, backwards;  // of the first direction; a second one runs backwards
  const float* projected;       // [rows of x, direction, gate, hidden]
  const float* recurrence;      // [direction, gate, hidden, hidden]
  const float* peepholes;       // [direction, 3, hidden] or nullptr
  const float* late_bias;       // [direction, hidden]: a bias inside a product with the reset gate
  const void* lengths;          // [batch] or nullptr
  float* h[2];                  // the state of even and odd steps
  float* c;                     // LSTM: the cell; GRU in two parts: the update gate
  float* kept;                  // GRU in two parts: reset gate times state

  __device__ u32 state_row(u32 direction, u32 item) const {
    return (batch_first ? item * directions + direction : direction * batch + item) * hidden;
  }
  __device__ u64 output_row(u32 step, u32 direction, u32 item) const {
    const u64 row = batch_first ? (static_cast<u64>(item) * steps + step) * directions + direction
                                : (static_cast<u64>(step) * directions + direction) * batch + item;
    return row * hidden;
  }
  __device__ u64 input_row(u32 step, u32 item) const {
    return batch_first ? static_cast<u64>(item) * steps + step : static_cast<u64>(step) * batch + item;
  }
};

/// Where a sequence stands in this launch: its time step, and whether it has one.
struct Moment {
  u32 time;
  bool active;
};
template <class Index>
__device__ inline Moment moment_of(const Sequences& s, u32 step, u32 direction, u32 item) {
  u32 length = s.lengths == nullptr ? s.steps : static_cast<u32>(static_cast<const Index*>(s.lengths)[item]);
  if (length > s.steps) length = s.steps;
  if (step >= length) return {step, false};
  return {s.backwards or direction == 1 ? length - 1 - step : step, true};
}

/// Initial states, or zeros, into the work buffers.
template <class T>
__device__ inline void begin_sequences(const Sequences& s, const T* h, const T* c) {
  const u32 count = s.directions * s.batch * s.hidden;
  for (u32 i = blockIdx.x * blockDim.x + threadIdx.x; i < count; i += gridDim.x * blockDim.x) {
    const u32 unit = i % s.hidden, item = i / s.hidden % s.batch, direction = i / s.hidden / s.batch;
    const u32 from = s.state_row(direction, item) + unit;
    s.h[0][i] = h == nullptr ? 0.0f : load_element(h[from]);
    if (s.c != nullptr) s.c[i] = c == nullptr ? 0.0f : load_element(c[from]);
  }
}

/// sums[g][b] = row of `unit` in gate first + g, times the state of sequence item + b. All lanes get the sums.
template <int gates, int all_gates, int first, int items>
__device__ inline void recur(const Sequences& s, const float* __restrict__ state, u32 direction, u32 unit, u32 item,
                             float (&sums)[gates][items]) {
  const u32 lane = threadIdx.x % 32;
  const float* rows =
      s.recurrence + (static_cast<u64>(direction) * all_gates + first) * s.hidden * s.hidden + static_cast<u64>(unit) * s.hidden;
  const float* states = state + (static_cast<u64>(direction) * s.batch + item) * s.hidden;
#pragma unroll
  for (int g = 0; g < gates; ++g)
#pragma unroll
    for (int b = 0; b < items; ++b) sums[g][b] = 0.0f;
  for (u32 k = lane; k < s.hidden; k += 32) {
    float weights[gates];
#pragma unroll
    for (int g = 0; g < gates; ++g) weights[g] = rows[static_cast<u64>(g) * s.hidden * s.hidden + k];
#pragma unroll
    for (int b = 0; b < items; ++b) {
      const float value = item + b < s.batch ? states[static_cast<u64>(b) * s.hidden + k] : 0.0f;
#pragma unroll
      for (int g = 0; g < gates; ++g) sums[g][b] += weights[g] * value;
    }
  }
#pragma unroll
  for (int g = 0; g < gates; ++g)
#pragma unroll
    for (int b = 0; b < items; ++b)
#pragma unroll
      for (int lanes = 16; lanes > 0; lanes /= 2) sums[g][b] += __shfl_xor_sync(0xffffffffu, sums[g][b], lanes);
}

/// The sums of the sequence that this lane finishes: lane b has sequence b.
template <int gates, int items>
__device__ inline void of_this_lane(const float (&sums)[gates][items], float (&own)[gates]) {
  const u32 lane = threadIdx.x % 32;
#pragma unroll
  for (int g = 0; g < gates; ++g) {
    own[g] = 0.0f;
#pragma unroll
    for (int b = 0; b < items; ++b)
      if (lane == b) own[g] = sums[g][b];
  }
}

/// The cells. `S` is generated: the clip (0: none), flags, and the activations of each direction.
template <class S>
__device__ inline float clipped(float x) {
  return S::clip > 0 ? op_min(op_max(x, -S::clip), S::clip) : x;
}
template <class S, int role>
__device__ inline float activated(u32 direction, float x) {
  return S::template activate<role>(direction, clipped<S>(x));
}

/// Gates: input, output, forget, cell.
template <class S>
struct LstmCell {
  static constexpr int gates = 4;
  static constexpr bool has_c = true;
  static __device__ void compute(const Sequences& s, u32 direction, u32 unit, const float (&x)[4], const float (&r)[4], float& h,
                                 float& c) {
    const auto peephole = [&](int gate) { return s.peepholes == nullptr ? 0.0f : s.peepholes[(direction * 3 + gate) * s.hidden + unit]; };
    const float in = activated<S, 0>(direction, x[0] + r[0] + peephole(0) * c);
    const float forget = S::coupled ? 1.0f - in : activated<S, 0>(direction, x[2] + r[2] + peephole(2) * c);
    c = forget * c + in * activated<S, 1>(direction, x[3] + r[3]);
    h = activated<S, 0>(direction, x[1] + r[1] + peephole(1) * c) * S::template activate<2>(direction, c);
  }
};

/// Gates: update, reset, hidden. `compute` is for a reset gate that acts after the recurrence, the others for one that acts before.
template <class S>
struct GruCell {
  static constexpr int gates = 3;
  static constexpr bool has_c = false;
  static __device__ void compute(const Sequences& s, u32 direction, u32 unit, const float (&x)[3], const float (&r)[3], float& h,
                                 float& /*c*/) {
    const float update = gate(direction, x[0] + r[0]), reset = gate(direction, x[1] + r[1]);
    const float fresh = candidate(direction, x[2] + reset * (r[2] + s.late_bias[direction * s.hidden + unit]));
    h = (1.0f - update) * fresh + update * h;
  }
  static __device__ float gate(u32 direction, float x) { return activated<S, 0>(direction, x); }
  static __device__ float candidate(u32 direction, float x) { return activated<S, 1>(direction, x); }
};

template <class S>
struct RnnCell {
  static constexpr int gates = 1;
  static constexpr bool has_c = false;
  static __device__ void compute(const Sequences& /*s*/, u32 direction, u32 /*unit*/, const float (&x)[1], const float (&r)[1], float& h,
                                 float& /*c*/) {
    h = activated<S, 0>(direction, x[0] + r[0]);
  }
};

/// What a step writes; any pointer may be null.
template <class T>
struct StepOutputs {
  T *y, *y_h, *y_c;
};

template <class T>
__device__ inline void store_step(const Sequences& s, const StepOutputs<T>& out, u32 step, const Moment& now, u32 direction, u32 item,
                                  u32 unit, float h, float c) {
  if (out.y != nullptr) out.y[s.output_row(now.time, direction, item) + unit] = store_element<T>(now.active ? h : 0.0f);
  if (step + 1 != s.steps) return;
  const u32 to = s.state_row(direction, item) + unit;
  if (out.y_h != nullptr) out.y_h[to] = store_element<T>(h);
  if (out.y_c != nullptr) out.y_c[to] = store_element<T>(c);
}

/// One step of every unit. `Cell` has `gates`, and computes h and c of one unit from its gates' sums: see the generated code.
template <class Cell, int items, class Index, class T>
__device__ inline void step_cells(const Sequences& s, const StepOutputs<T>& out, u32 step) {
  const u32 unit = blockIdx.x * (blockDim.x / 32) + threadIdx.x / 32, direction = blockIdx.y, item = blockIdx.z * items;
  if (unit >= s.hidden) return;
  const float* state = s.h[step % 2];
  float sums[Cell::gates][items], recurred[Cell::gates];
  recur<Cell::gates, Cell::gates, 0, items>(s, state, direction, unit, item, sums);
  of_this_lane(sums, recurred);
  const u32 own = item + threadIdx.x % 32;
  if (threadIdx.x % 32 >= items or own >= s.batch) return;
  const Moment now = moment_of<Index>(s, step, direction, own);
  const u64 at = (static_cast<u64>(direction) * s.batch + own) * s.hidden + unit;
  float h = state[at], c = Cell::has_c ? s.c[at] : 0.0f;
  if (now.active) {
    const float* projected = s.projected + (s.input_row(now.time, own) * s.directions + direction) * Cell::gates * s.hidden + unit;
    float inputs[Cell::gates];
#pragma unroll
    for (int g = 0; g < Cell::gates; ++g) inputs[g] = projected[static_cast<u64>(g) * s.hidden];
    Cell::compute(s, direction, unit, inputs, recurred, h, c);
  }
  s.h[(step + 1) % 2][at] = h;
  if (Cell::has_c) s.c[at] = c;
  store_step(s, out, step, now, direction, own, unit, h, c);
}

/// GRU whose reset gate acts before the recurrence: first both gates, leaving reset * h and the update gate ...
template <class Cell, int items, class Index>
__device__ inline void step_gates(const Sequences& s, u32 step) {
  const u32 unit = blockIdx.x * (blockDim.x / 32) + threadIdx.x / 32, direction = blockIdx.y, item = blockIdx.z * items;
  if (unit >= s.hidden) return;
  const float* state = s.h[step % 2];
  float sums[2][items], recurred[2];
  recur<2, 3, 0, items>(s, state, direction, unit, item, sums);
  of_this_lane(sums, recurred);
  const u32 own = item + threadIdx.x % 32;
  if (threadIdx.x % 32 >= items or own >= s.batch) return;
  const Moment now = moment_of<Index>(s, step, direction, own);
  const u64 at = (static_cast<u64>(direction) * s.batch + own) * s.hidden + unit;
  const float* projected = s.projected + (s.input_row(now.time, own) * s.directions + direction) * 3 * s.hidden + unit;
  s.c[at] = Cell::gate(direction, projected[0] + recurred[0]);
  s.kept[at] = Cell::gate(direction, projected[s.hidden] + recurred[1]) * state[at];
}
/// ... then the candidate and the state.
template <class Cell, int items, class Index, class T>
__device__ inline void step_candidate(const Sequences& s, const StepOutputs<T>& out, u32 step) {
  const u32 unit = blockIdx.x * (blockDim.x / 32) + threadIdx.x / 32, direction = blockIdx.y, item = blockIdx.z * items;
  if (unit >= s.hidden) return;
  float sums[1][items], recurred[1];
  recur<1, 3, 2, items>(s, s.kept, direction, unit, item, sums);
  of_this_lane(sums, recurred);
  const u32 own = item + threadIdx.x % 32;
  if (threadIdx.x % 32 >= items or own >= s.batch) return;
  const Moment now = moment_of<Index>(s, step, direction, own);
  const u64 at = (static_cast<u64>(direction) * s.batch + own) * s.hidden + unit;
  float h = s.h[step % 2][at];
  if (now.active) {
    const float* projected = s.projected + (s.input_row(now.time, own) * s.directions + direction) * 3 * s.hidden + unit;
    const float update = s.c[at];
    h = (1.0f - update) * Cell::candidate(direction, projected[static_cast<u64>(2) * s.hidden] + recurred[0]) + update * h;
  }
  s.h[(step + 1) % 2][at] = h;
  store_step(s, out, step, now, direction, own, unit, h, 0.0f);
}
