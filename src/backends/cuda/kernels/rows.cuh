// Rows: kernels that gather something over some axes of a tensor (a row) and then compute with it, once for each row or each element.
// A state is what is gathered: it adds chunks of elements, merges with another state, and is prepared once it is complete.
// Threads share a row as a team and hold its elements in registers where they fit. Long rows may also be cut into segments, one block each,
// whose states go through memory from `gather_segments` to a second kernel. What a state means is in the families' own headers.
#pragma once

#include "halves.cuh"
#include "strided.cuh"

/// How rows lie: along rows, elements of one row are neighbours in memory; across rows, the neighbours belong to neighbouring rows.
enum class Form { along, across };

template <class T, Form form_, int width_, int held_, bool loops_, int team_, int columns_, int outer_, int inner_>
struct Rows {
  using Stored = T;
  using Value = Compute<T>;
  static constexpr bool along = form_ == Form::along;
  static constexpr int width = width_;      // neighbours one thread loads at once
  static constexpr int held = held_;        // such loads in a chunk
  static constexpr bool loops = loops_;     // whether a thread may need more than one chunk
  static constexpr int team = team_;        // threads that share a row
  static constexpr int columns = columns_;  // teams of a block
  static constexpr int threads = team * columns;
  static constexpr int lanes = along ? 1 : width;  // rows of one thread
  static constexpr int outer_rank = outer_, inner_rank = inner_;

  const T* x;
  Strides<outer_> outer_strides;  // of whole runs in the last place of the axes that are walked by runs
  Strides<inner_> inner_strides;
  Extents<outer_> outer;
  Extents<inner_> inner;
  u32 groups;    // of `lanes` rows
  u32 count;     // positions in a row: runs along rows, elements across rows
  u32 segment;   // positions of one block
  u32 segments;  // blocks of a row
};

template <class State>
__device__ inline State shuffled(const State& state, int distance) {
  constexpr int words = sizeof(State) / 4;
  static_assert(sizeof(State) % 4 == 0);
  union {
    State state;
    u32 word[words];
  } mine{state}, other{state};
#pragma unroll
  for (int i = 0; i < words; ++i) other.word[i] = __shfl_xor_sync(0xffffffffu, mine.word[i], distance);
  return other.state;
}

/// Elements in registers, as a state adds them: those of one row.
template <class Shape>
struct Chunk {
  using Element = typename Shape::Value;
  const typename Shape::Value (&x)[Shape::held][Shape::width];
  u32 first;  // position
  u32 valid;  // runs or elements; the rest of the registers holds nothing
  int lane;

  /// visit(element, index in the row)
  template <class Visit>
  __device__ inline void each(const Visit& visit) const {
#pragma unroll
    for (int k = 0; k < Shape::held; ++k) {
      if (k >= valid) continue;
      const u32 position = first + k * Shape::team;
      if constexpr (Shape::along) {
#pragma unroll
        for (int i = 0; i < Shape::width; ++i) visit(x[k][i], position * Shape::width + i);
      } else {
        visit(x[k][lane], position);
      }
    }
  }
  __device__ inline u32 size() const { return Shape::along ? valid * Shape::width : valid; }
};

/// One thread's part of the work: its place, the elements it holds, and its states.
template <class Shape, class State>
struct RowThread {
  using Value = typename Shape::Value;

  const Shape& shape;
  State state[Shape::lanes];
  Value x[Shape::held][Shape::width];
  u32 outer_at[Shape::outer_rank];
  const typename Shape::Stored* row;
  u32 member, group, begin, end;
  u32 kept = 0;  // of the only chunk, where there is only one

  __device__ inline RowThread(const Shape& of, u32 segment) : shape(of) {
    const u32 column = Shape::along ? threadIdx.x / Shape::team : threadIdx.x % Shape::columns;
    member = Shape::along ? threadIdx.x % Shape::team : threadIdx.x / Shape::columns;
    group = blockIdx.x * Shape::columns + column;
    begin = segment * shape.segment;
    end = min(begin + shape.segment, shape.count);
    if (not inside()) begin = end = 0;
    unravel(inside() ? group : 0, shape.outer, outer_at);
    row = shape.x + offset_of(outer_at, shape.outer_strides);
  }

  __device__ inline bool inside() const { return group < shape.groups; }
  __device__ inline u32 first() const { return begin + member; }

  /// The chunk from a position on into registers; how much of it there is.
  __device__ inline u32 load(u32 from) {
    Run<typename Shape::Stored, Shape::width> runs[Shape::held];
    u32 valid = 0;
#pragma unroll
    for (int k = 0; k < Shape::held; ++k) {
      const u32 position = from + k * Shape::team;
      if (position >= end) continue;
      u32 at[Shape::inner_rank];
      unravel(position, shape.inner, at);
      runs[k].load(row + offset_of(at, shape.inner_strides));
      valid = k + 1;
    }
#pragma unroll
    for (int k = 0; k < Shape::held; ++k) runs[k].unpack(x[k]);
    return valid;
  }

  __device__ inline void add(u32 from, u32 valid) {
#pragma unroll
    for (int lane = 0; lane < Shape::lanes; ++lane) state[lane].add(Chunk<Shape>{x, from, valid, lane});
  }

  /// All elements of the team's rows are added: every member ends with the whole states.
  __device__ inline void gather() {
    if constexpr (Shape::loops) {
      for (u32 from = first(); from < end; from += Shape::held * Shape::team) add(from, load(from));
    } else {
      kept = load(first());
      add(first(), kept);
    }
    merge_team();
  }

  /// The states of all segments, which another kernel left in memory.
  __device__ inline void collect(const State* segments) {
    if (inside())
      for (u32 i = member; i < shape.segments; i += Shape::team)
#pragma unroll
        for (int lane = 0; lane < Shape::lanes; ++lane)
          state[lane].merge(segments[static_cast<u64>(group * Shape::lanes + lane) * shape.segments + i]);
    merge_team();
  }

  __device__ inline void merge_team() {
    constexpr int nearest = Shape::along ? 1 : Shape::columns;
    constexpr int in_warp = Shape::along ? (Shape::team < 32 ? Shape::team : 32) : 32;
#pragma unroll
    for (int distance = in_warp / 2; distance >= nearest; distance /= 2)
#pragma unroll
      for (int lane = 0; lane < Shape::lanes; ++lane) state[lane].merge(shuffled(state[lane], distance));
    if constexpr (Shape::along and Shape::team > 32) merge_warps_along();
    if constexpr (not Shape::along and Shape::threads > 32) merge_warps_across();
  }

  __device__ inline void merge_warps_along() {
    constexpr int warps = Shape::team / 32;
    alignas(16) __shared__ char memory[Shape::columns * warps * sizeof(State)];
    State* shared = reinterpret_cast<State*>(memory) + threadIdx.x / Shape::team * warps;
    if (threadIdx.x % 32 == 0) shared[member / 32] = state[0];
    __syncthreads();
    state[0] = shared[threadIdx.x % warps];
#pragma unroll
    for (int distance = warps / 2; distance > 0; distance /= 2) state[0].merge(shuffled(state[0], distance));
  }

  __device__ inline void merge_warps_across() {
    constexpr int warps = Shape::threads / 32, states = Shape::columns * Shape::lanes;  // of one warp
    alignas(16) __shared__ char memory[warps * states * sizeof(State)];
    State* shared = reinterpret_cast<State*>(memory);
    const int own = threadIdx.x % Shape::columns * Shape::lanes;
    if (threadIdx.x % 32 < Shape::columns)
#pragma unroll
      for (int lane = 0; lane < Shape::lanes; ++lane) shared[threadIdx.x / 32 * states + own + lane] = state[lane];
    __syncthreads();
    for (int i = threadIdx.x; i < states; i += Shape::threads) {
      State whole = shared[i];
#pragma unroll 4
      for (int warp = 1; warp < warps; ++warp) whole.merge(shared[warp * states + i]);
      shared[i] = whole;
    }
    __syncthreads();
#pragma unroll
    for (int lane = 0; lane < Shape::lanes; ++lane) state[lane] = shared[own + lane];
  }

  /// Applies the states to every element of the segment, and the tail to the results.
  template <class Tail>
  __device__ inline void write_elements(const Tail& tail, bool loaded) {
    if (not inside()) return;
    if (loaded and not Shape::loops) return write_chunk(tail, first(), kept);
    for (u32 from = first(); from < end; from += Shape::held * Shape::team) write_chunk(tail, from, load(from));
  }

  template <class Tail>
  __device__ inline void write_chunk(const Tail& tail, u32 from, u32 valid) {
#pragma unroll
    for (int k = 0; k < Shape::held; ++k) {
      if (k >= valid) continue;
      u32 at[rank];
      place(from + k * Shape::team, at);
      Value results[Shape::width];
#pragma unroll
      for (int i = 0; i < Shape::width; ++i) results[i] = state[Shape::along ? 0 : i].result(x[k][i]);
      tail.store(at, results);
    }
  }

  /// Where a run of results lies, for the tail.
  static constexpr int rank = Shape::outer_rank + Shape::inner_rank;
  __device__ inline void place(u32 position, u32 (&at)[rank]) const {
#pragma unroll
    for (int axis = 0; axis < Shape::outer_rank; ++axis) at[(Shape::along ? 0 : Shape::inner_rank) + axis] = outer_at[axis];
    u32 inner_at[Shape::inner_rank];
    unravel(position, shape.inner, inner_at);
#pragma unroll
    for (int axis = 0; axis < Shape::inner_rank; ++axis) at[(Shape::along ? Shape::outer_rank : 0) + axis] = inner_at[axis];
    at[rank - 1] *= Shape::width;
  }

  /// For threads that hold a single run: its constants may be read long before the run, its results follow.
  template <class Tail>
  __device__ inline typename Tail::Kept keep_only_run(const Tail& tail) const {
    if (first() >= end) return {};
    u32 at[rank];
    place(first(), at);
    return tail.keep(at);
  }
  template <class Tail>
  __device__ inline void write_only_run(const Tail& tail, const typename Tail::Kept& kept_constants) {
    if (kept == 0) return;
    u32 at[rank];
    place(first(), at);
    Value results[Shape::width];
#pragma unroll
    for (int i = 0; i < Shape::width; ++i) results[i] = state[Shape::along ? 0 : i].result(x[0][i]);
    tail.store(at, results, kept_constants);
  }

  /// One result for each row.
  template <class Tail>
  __device__ inline void write_rows(const Tail& tail) {
    if (not inside() or member != 0) return;
    u32 at[Shape::outer_rank];
#pragma unroll
    for (int axis = 0; axis < Shape::outer_rank; ++axis) at[axis] = outer_at[axis];
    if constexpr (not Shape::along) at[Shape::outer_rank - 1] *= Shape::width;
    decltype(state[0].result()) results[Shape::lanes];
#pragma unroll
    for (int lane = 0; lane < Shape::lanes; ++lane) results[lane] = state[lane].result();
    tail.store(at, results);
  }

  __device__ inline void prepare(double parameter) {
    const u32 elements = Shape::along ? shape.count * Shape::width : shape.count;
#pragma unroll
    for (int lane = 0; lane < Shape::lanes; ++lane) state[lane].prepare(elements, parameter);
  }
};

/// A whole row by one team.
template <class State, bool each_element, class Shape, class Tail>
__device__ inline void run_rows(const Shape& shape, const Tail& tail, double parameter) {
  release_next();
  RowThread<Shape, State> thread(shape, 0);
  if constexpr (each_element and not Shape::loops and Shape::held == 1) {
    const auto kept = thread.keep_only_run(tail);
    wait_for_inputs();
    thread.gather();
    thread.prepare(parameter);
    thread.write_only_run(tail, kept);
  } else {
    wait_for_inputs();
    thread.gather();
    thread.prepare(parameter);
    if constexpr (each_element) thread.write_elements(tail, true);
    else thread.write_rows(tail);
  }
}

/// The states of segments, one for each row and block along the grid's second axis.
template <class State, class Shape>
__device__ inline void gather_segments(const Shape& shape, State* segments) {
  release_next();
  wait_for_inputs();
  RowThread<Shape, State> thread(shape, blockIdx.y);
  thread.gather();
  if (not thread.inside() or thread.member != 0) return;
#pragma unroll
  for (int lane = 0; lane < Shape::lanes; ++lane)
    segments[static_cast<u64>(thread.group * Shape::lanes + lane) * shape.segments + blockIdx.y] = thread.state[lane];
}

/// What follows once all segments are gathered.
template <class State, bool each_element, class Shape, class Tail>
__device__ inline void finish_segments(const Shape& shape, const Tail& tail, double parameter, const State* segments) {
  release_next();
  wait_for_inputs();
  RowThread<Shape, State> thread(shape, blockIdx.y);
  thread.collect(segments);
  thread.prepare(parameter);
  if constexpr (each_element) thread.write_elements(tail, false);
  else thread.write_rows(tail);
}
