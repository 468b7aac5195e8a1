// One tile of a product for each number of rows, the gates behind it; compiled once for each instruction set and chosen when first asked.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backends/cpu/simd/recurrent_cells.cpp"
// clang-format off: this order is Highway's
#include "backends/cpu/simd/targets.h"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
// clang-format on

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "backends/cpu/simd/recurrent_cells.h"

HWY_BEFORE_NAMESPACE();
namespace burnish::cpu {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::CappedTag<float, 16>;
using V = hn::Vec<D>;
constexpr size_t lanes = hn::MaxLanes(D());

/// Rows of a tile whose sums, of `gates` vectors a row, leave a few registers for the operands.
constexpr size_t rows_limit(size_t gates) {
  constexpr size_t sums = HWY_TARGET == HWY_AVX3 ? 24 : 12;
  return std::min<size_t>(6, sums / gates);
}

/// Sums that go on side by side, so that few of them do not wait for one another.
constexpr size_t chains_of(size_t sums) { return sums <= 2 ? 4 : sums <= 6 ? 2 : 1; }

/// Without it the compiler loads weights once for every row, although all take the same.
HWY_INLINE V in_register(V x) {
#if HWY_ARCH_X86 && defined(__OPTIMIZE__)
  asm("" : "+v"(x.raw));
#endif
  return x;
}

template <size_t rows, size_t gates>
using Sums = std::array<std::array<V, gates>, rows>;

/// sums += x * panel over `depth` inputs.
template <size_t rows, size_t gates>
HWY_INLINE void add_product(Sums<rows, gates>& sums, const std::array<const float*, rows>& x, const float* HWY_RESTRICT panel,
                            size_t depth) {
  constexpr size_t chains = chains_of(rows * gates);
  const D d;
  V parts[chains][rows][gates];
#pragma GCC unroll 8
  for (size_t r = 0; r < rows; ++r)
#pragma GCC unroll 8
    for (size_t g = 0; g < gates; ++g) {
      parts[0][r][g] = sums[r][g];
#pragma GCC unroll 8
      for (size_t c = 1; c < chains; ++c) parts[c][r][g] = hn::Zero(d);
    }
  size_t k = 0;
  for (; k + chains <= depth; k += chains) {
#pragma GCC unroll 8
    for (size_t c = 0; c < chains; ++c, panel += gates * lanes) {
      V factors[rows];
#pragma GCC unroll 8
      for (size_t r = 0; r < rows; ++r) factors[r] = hn::Set(d, x[r][k + c]);
#pragma GCC unroll 8
      for (size_t g = 0; g < gates; ++g) {
        const V weights = in_register(hn::LoadU(d, panel + g * lanes));
#pragma GCC unroll 8
        for (size_t r = 0; r < rows; ++r) parts[c][r][g] = hn::MulAdd(factors[r], weights, parts[c][r][g]);
      }
    }
  }
  for (; k < depth; ++k, panel += gates * lanes)
#pragma GCC unroll 8
    for (size_t r = 0; r < rows; ++r) {
      const V factor = hn::Set(d, x[r][k]);
#pragma GCC unroll 8
      for (size_t g = 0; g < gates; ++g) parts[0][r][g] = hn::MulAdd(factor, hn::LoadU(d, panel + g * lanes), parts[0][r][g]);
    }
#pragma GCC unroll 8
  for (size_t r = 0; r < rows; ++r)
#pragma GCC unroll 8
    for (size_t g = 0; g < gates; ++g) {
      sums[r][g] = parts[0][r][g];
#pragma GCC unroll 8
      for (size_t c = 1; c < chains; ++c) sums[r][g] = hn::Add(sums[r][g], parts[c][r][g]);
    }
}

/// Calls Tile::run<rows>(task, group, first row) for all rows and groups of a part, in tiles of nearly equal height.
template <class Tile, class Task>
void run_tiles(const Task& task, const CellPart& part) {
  constexpr size_t limit = rows_limit(Tile::gates);
  using Run = void (*)(const Task&, size_t, size_t);
  static constexpr auto runs = []<size_t... index>(std::index_sequence<index...>) {
    return std::array<Run, limit>{Tile::template run<index + 1>...};
  }(std::make_index_sequence<limit>());
  const auto rows = static_cast<size_t>(part.last_row - part.first_row);
  const auto first = static_cast<size_t>(part.first_row);
  const size_t tiles = (rows + limit - 1) / limit;
  for (auto group = static_cast<size_t>(part.first_group); group < static_cast<size_t>(part.last_group); ++group)
    for (size_t tile = 0; tile < tiles; ++tile) {
      const size_t begin = rows * tile / tiles;
      runs[rows * (tile + 1) / tiles - begin - 1](task, group, first + begin);
    }
}

template <size_t gate_count>
struct ProjectionTile {
  static constexpr size_t gates = gate_count;

  template <size_t rows>
  static void run(const Projection& task, size_t group, size_t first) {
    const D d;
    const auto width = static_cast<size_t>(task.width);
    std::array<const float*, rows> x;
    for (size_t r = 0; r < rows; ++r) {
      const int64_t row = static_cast<int64_t>(first + r);
      const int64_t item = row % task.batch;
      x[r] = task.x.row(task.order.time(task.first_index + row / task.batch, item), item);
    }
    Sums<rows, gates> sums;
#pragma GCC unroll 8
    for (size_t r = 0; r < rows; ++r)
#pragma GCC unroll 8
      for (size_t g = 0; g < gates; ++g) sums[r][g] = hn::LoadU(d, task.bias + (group * gates + g) * lanes);
    add_product<rows, gates>(sums, x, task.panels + group * width * gates * lanes, width);
    float* out = task.out + (first * static_cast<size_t>(task.groups) + group) * gates * lanes;
#pragma GCC unroll 8
    for (size_t r = 0; r < rows; ++r, out += static_cast<size_t>(task.groups) * gates * lanes)
#pragma GCC unroll 8
      for (size_t g = 0; g < gates; ++g) hn::StoreU(sums[r][g], d, out + g * lanes);
  }
};

/// A quotient still to be divided: products of gates need one division instead of two.
struct Ratio {
  V above, below;
};

/// NaN stays.
HWY_INLINE V bounded(V x, float low, float high) {
  const D d;
  const V least = hn::Set(d, low);
  const V most = hn::Set(d, high);
  return hn::IfThenElse(hn::Lt(x, least), least, hn::IfThenElse(hn::Gt(x, most), most, x));
}

/// 1 / (1 + e^-x). Shorter than `exp_of`: bounded where the result no longer matters, powers of two need no second half.
HWY_INLINE Ratio sigmoid_ratio(V x) {
  const D d;
  const hn::RebindToUnsigned<D> bits;
  // Adding this leaves the nearest whole number, and the exponent's bias, in the lowest bits.
  const V rounder = hn::Set(d, 12582912.0F + 127);
  const V y = bounded(x, -87.0F, 87.0F);
  const V rounded = hn::NegMulAdd(y, hn::Set(d, 1.44269504F), rounder);
  const V n = hn::Sub(rounded, rounder);
  const V r = hn::NegMulAdd(y, hn::Set(d, 1.92596299e-8F), hn::NegMulAdd(y, hn::Set(d, 1.44269504F), hn::Neg(n)));
  V power = hn::Set(d, 1.5345811e-4F);  // 2^r within 2e-9 for r from -0.5 to 0.5
  power = hn::MulAdd(power, r, hn::Set(d, 1.3399931e-3F));
  power = hn::MulAdd(power, r, hn::Set(d, 9.618489e-3F));
  power = hn::MulAdd(power, r, hn::Set(d, 5.5503286e-2F));
  power = hn::MulAdd(power, r, hn::Set(d, 0.24022646F));
  power = hn::MulAdd(power, r, hn::Set(d, 0.6931472F));
  power = hn::MulAdd(power, r, hn::Set(d, 1.0F));
  const V scale = hn::BitCast(d, hn::ShiftLeft<23>(hn::BitCast(bits, rounded)));
  return {hn::Set(d, 1.0F), hn::MulAdd(power, scale, hn::Set(d, 1.0F))};
}

/// A quotient of polynomials, fitted for the least relative error: 3e-8 up to the bound, where the result is 1 in f32.
HWY_INLINE Ratio tanh_ratio(V x) {
  const D d;
  const V y = bounded(x, -8.2F, 8.2F);
  const V square = hn::Mul(y, y);
  V above = hn::Set(d, 2.2355142e-11F);
  above = hn::MulAdd(above, square, hn::Set(d, -1.4304772e-8F));
  above = hn::MulAdd(above, square, hn::Set(d, 9.757005e-6F));
  above = hn::MulAdd(above, square, hn::Set(d, 2.9732152e-3F));
  above = hn::MulAdd(above, square, hn::Set(d, 0.12967658F));
  above = hn::MulAdd(above, square, hn::Set(d, 1.0F));
  V below = hn::Set(d, 2.3541751e-4F);
  below = hn::MulAdd(below, square, hn::Set(d, 2.3976773e-2F));
  below = hn::MulAdd(below, square, hn::Set(d, 0.4630097F));
  below = hn::MulAdd(below, square, hn::Set(d, 1.0F));
  return {hn::Mul(y, above), below};
}

HWY_INLINE V value_of(Ratio x) { return hn::Div(x.above, x.below); }
HWY_INLINE V product_of(Ratio x, Ratio y) { return hn::Div(hn::Mul(x.above, y.above), hn::Mul(x.below, y.below)); }

/// One row and group of a step: where its vectors lie.
struct Place {
  const CellStep& step;
  size_t row, group;
  size_t state_at;  // into arrays of states

  Place(const CellStep& of, size_t at_row, size_t at_group)
      : step(of), row(at_row), group(at_group), state_at((row * static_cast<size_t>(of.groups) + group) * lanes) {}

  bool runs() const { return step.order.runs(step.index, static_cast<int64_t>(row)); }

  HWY_INLINE V projected(size_t gates, size_t gate) const {
    return hn::LoadU(D(), step.projected + (row * static_cast<size_t>(step.groups) + group) * gates * lanes + gate * lanes);
  }

  HWY_INLINE void finish(V state) const {
    const D d;
    hn::StoreU(state, d, step.next + state_at);
    if (step.y.data == nullptr) return;
    float* to = y_row();
    if (const size_t count = units(); count == lanes) hn::StoreU(state, d, to);
    else std::memcpy(to, step.next + state_at, count * sizeof(float));
  }

  /// The sequence has ended: its state stays, its output is zero.
  void keep() const {
    std::memcpy(step.next + state_at, step.state + state_at, lanes * sizeof(float));
    if (step.y.data != nullptr) std::memset(y_row(), 0, units() * sizeof(float));
  }

 private:
  size_t units() const { return std::min(lanes, static_cast<size_t>(step.hidden) - group * lanes); }
  float* y_row() const {
    const auto item = static_cast<int64_t>(row);
    return step.y.row(step.order.time(step.index, item), item) + group * lanes;
  }
};

/// sums = start of each + panel times the rows of `states`.
template <size_t rows, size_t gates>
HWY_INLINE void add_states(Sums<rows, gates>& sums, const CellStep& step, const float* states, const float* panels, size_t group,
                           size_t first) {
  const auto hidden = static_cast<size_t>(step.hidden);
  const size_t padded = static_cast<size_t>(step.groups) * lanes;
  std::array<const float*, rows> x;
#pragma GCC unroll 8
  for (size_t r = 0; r < rows; ++r) x[r] = states + (first + r) * padded;
  add_product<rows, gates>(sums, x, panels + group * hidden * gates * lanes, hidden);
}

struct LstmTile {
  static constexpr size_t gates = 4;

  template <size_t rows>
  static void run(const CellStep& step, size_t group, size_t first) {
    Sums<rows, gates> sums;
#pragma GCC unroll 8
    for (size_t r = 0; r < rows; ++r)
#pragma GCC unroll 8
      for (size_t g = 0; g < gates; ++g) sums[r][g] = Place(step, first + r, group).projected(gates, g);
    add_states<rows, gates>(sums, step, step.state, step.panels, group, first);
#pragma GCC unroll 8
    for (size_t r = 0; r < rows; ++r) {
      const Place place(step, first + r, group);
      if (place.runs()) finish(place, sums[r]);
      else place.keep();
    }
  }

  HWY_INLINE static void finish(const Place& place, const std::array<V, gates>& sums) {
    const D d;
    float* cell = place.step.cell + place.state_at;
    const V fresh = product_of(sigmoid_ratio(sums[0]), tanh_ratio(sums[3]));
    const V value = hn::MulAdd(value_of(sigmoid_ratio(sums[2])), hn::LoadU(d, cell), fresh);
    hn::StoreU(value, d, cell);
    place.finish(product_of(sigmoid_ratio(sums[1]), tanh_ratio(value)));
  }
};

/// (1 - update) * candidate + update * state
HWY_INLINE void finish_gru(const Place& place, V update, V candidate) {
  const V state = hn::LoadU(D(), place.step.state + place.state_at);
  place.finish(hn::MulAdd(update, hn::Sub(state, candidate), candidate));
}

struct GruTile {
  static constexpr size_t gates = 3;

  template <size_t rows>
  static void run(const CellStep& step, size_t group, size_t first) {
    const D d;
    Sums<rows, gates> sums;
#pragma GCC unroll 8
    for (size_t r = 0; r < rows; ++r) {
      sums[r][0] = Place(step, first + r, group).projected(gates, 0);
      sums[r][1] = Place(step, first + r, group).projected(gates, 1);
      sums[r][2] = hn::LoadU(d, step.state_bias + group * lanes);
    }
    add_states<rows, gates>(sums, step, step.state, step.panels, group, first);
#pragma GCC unroll 8
    for (size_t r = 0; r < rows; ++r) {
      const Place place(step, first + r, group);
      if (place.runs()) finish(place, sums[r]);
      else place.keep();
    }
  }

  HWY_INLINE static void finish(const Place& place, const std::array<V, gates>& sums) {
    const V reset = value_of(sigmoid_ratio(sums[1]));
    const V candidate = value_of(tanh_ratio(hn::MulAdd(reset, sums[2], place.projected(gates, 2))));
    finish_gru(place, value_of(sigmoid_ratio(sums[0])), candidate);
  }
};

struct GruGatesTile {
  static constexpr size_t gates = 2;

  template <size_t rows>
  static void run(const CellStep& step, size_t group, size_t first) {
    const D d;
    Sums<rows, gates> sums;
#pragma GCC unroll 8
    for (size_t r = 0; r < rows; ++r)
#pragma GCC unroll 8
      for (size_t g = 0; g < gates; ++g) sums[r][g] = Place(step, first + r, group).projected(3, g);
    add_states<rows, gates>(sums, step, step.state, step.panels, group, first);
#pragma GCC unroll 8
    for (size_t r = 0; r < rows; ++r) {
      const Place place(step, first + r, group);
      const V state = hn::LoadU(d, step.state + place.state_at);
      hn::StoreU(value_of(sigmoid_ratio(sums[r][0])), d, step.cell + place.state_at);
      hn::StoreU(hn::Mul(value_of(sigmoid_ratio(sums[r][1])), state), d, step.kept + place.state_at);
    }
  }
};

struct GruCandidateTile {
  static constexpr size_t gates = 1;

  template <size_t rows>
  static void run(const CellStep& step, size_t group, size_t first) {
    const D d;
    Sums<rows, gates> sums;
#pragma GCC unroll 8
    for (size_t r = 0; r < rows; ++r) sums[r][0] = Place(step, first + r, group).projected(3, 2);
    add_states<rows, gates>(sums, step, step.kept, step.candidate, group, first);
#pragma GCC unroll 8
    for (size_t r = 0; r < rows; ++r) {
      const Place place(step, first + r, group);
      if (place.runs()) finish_gru(place, hn::LoadU(d, step.cell + place.state_at), value_of(tanh_ratio(sums[r][0])));
      else place.keep();
    }
  }
};

const RecurrentCells* recurrent_table() {
  static const RecurrentCells cells{lanes,
                                    run_tiles<ProjectionTile<4>, Projection>,
                                    run_tiles<ProjectionTile<3>, Projection>,
                                    run_tiles<LstmTile, CellStep>,
                                    run_tiles<GruTile, CellStep>,
                                    run_tiles<GruGatesTile, CellStep>,
                                    run_tiles<GruCandidateTile, CellStep>};
  return &cells;
}

}  // namespace HWY_NAMESPACE
}  // namespace burnish::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace burnish::cpu {

HWY_EXPORT(recurrent_table);

const RecurrentCells& recurrent_cells() {
  static const RecurrentCells& chosen = *HWY_DYNAMIC_DISPATCH(recurrent_table)();
  return chosen;
}

}  // namespace burnish::cpu
#endif
