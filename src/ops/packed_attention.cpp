// PackedAttention: see the header. The reference makes every row of scores in full and in double.
#include "ops/packed_attention.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "base/error.h"
#include "base/parallel.h"
#include "ops/numbers.h"
#include "ops/operator.h"

namespace burnish::ops {
namespace {

void check(const PackedAttention& op, const Shape& packed) {
  if (packed.rank() < 3) fail("PackedAttention needs a batch, tokens and columns, the input is {}", packed.text());
  if (op.heads < 1) fail("PackedAttention with {} heads", op.heads);
  const Dim& columns = packed[packed.rank() - 1];
  if (not columns.is_constant() or columns.value() % (3 * op.heads) != 0)
    fail("PackedAttention: {} columns are not queries, keys and values of {} heads", columns.text(), op.heads);
  const size_t spatial = packed.rank() - 2;
  if (op.causal and not op.window.empty()) fail("PackedAttention: causal attention has no windows");
  if (op.window.empty() and not op.shift.empty()) fail("PackedAttention: a shift needs windows");
  if (not op.window.empty() and op.window.size() != spatial)
    fail("PackedAttention: {} window sizes for {} spatial axes", op.window.size(), spatial);
  if (not op.shift.empty() and op.shift.size() != spatial) fail("PackedAttention: {} shifts for {} spatial axes", op.shift.size(), spatial);
  for (size_t axis = 0; axis < op.window.size(); ++axis) {
    const Dim& extent = packed[axis + 1];
    if (op.window[axis] < 1 or not extent.is_constant() or extent.value() % op.window[axis] != 0)
      fail("PackedAttention: windows of {} do not divide axis {} of {}", op.window[axis], axis + 1, packed.text());
    if (not op.shift.empty() and (op.shift[axis] < 0 or op.shift[axis] >= std::max<int64_t>(extent.value(), 1)))
      fail("PackedAttention: a shift of {} along axis {} of {}", op.shift[axis], axis + 1, packed.text());
  }
}

void infer(const PackedAttention& op, InferContext& context) {
  context.expect_inputs(1, 2);
  const Shape& packed = context.shape(0);
  check(op, packed);
  if (not is_floating(context.dtype(0))) fail("PackedAttention computes floating types, not {}", name_of(context.dtype(0)));
  if (context.has_input(1)) {
    if (context.shape(1).rank() > 4) fail("PackedAttention: the mask {} has more than four axes", context.shape(1).text());
    if (not is_floating(context.dtype(1))) fail("PackedAttention: the mask is {}, not floating", name_of(context.dtype(1)));
  }
  Shape out = packed;
  out[out.rank() - 1] = packed[packed.rank() - 1].value() / 3;
  context.output(0, context.dtype(0), out);
}

/// The mask by strides over [group, head, row, column].
class Mask {
 public:
  Mask(const EvalContext& context, const TokenMap& map, int64_t heads) {
    if (not context.has_input(1)) return;
    mask_ = &context.input(1);
    Dims dims(4, 1);
    std::ranges::copy(mask_->dims(), dims.end() - static_cast<std::ptrdiff_t>(mask_->rank()));
    const Dims wanted{map.batch() * map.windows(), heads, map.tokens(), map.tokens()};
    for (size_t axis = 0; axis < 4; ++axis) {
      const bool fits = dims[axis] == 1 or dims[axis] == wanted[axis] or (axis == 0 and dims[0] > 0 and wanted[0] % dims[0] == 0);
      if (not fits) fail("the mask {} does not fit the scores {}", text_of(mask_->dims()), text_of(wanted));
    }
    groups_ = dims[0];
    int64_t stride = 1;
    for (size_t axis = 4; axis-- > 0; stride *= dims[axis]) strides_[axis] = dims[axis] == 1 ? 0 : stride;
  }
  double at(int64_t group, int64_t head, int64_t row, int64_t column) const {
    if (mask_ == nullptr) return 0;
    return mask_->number(group % groups_ * strides_[0] + head * strides_[1] + row * strides_[2] + column * strides_[3]);
  }

 private:
  const Tensor* mask_ = nullptr;
  int64_t groups_ = 1;
  std::array<int64_t, 4> strides_{};
};

void softmax(std::vector<double>& row) {
  const double top = *std::ranges::max_element(row);
  double sum = 0;
  for (double& x : row) sum += x = std::exp(x - top);
  for (double& x : row) x /= sum;
}

void reference(const PackedAttention& op, EvalContext& context) {
  const Tensor& packed = context.input(0);
  check(op, Shape(packed.dims()));
  const TokenMap map(op, packed.dims());
  Dims dims = packed.dims();
  dims.back() /= 3;
  Tensor& out = context.allocate(0, packed.dtype(), dims);
  const Mask mask(context, map, op.heads);
  const int64_t tokens = map.tokens(), depth = map.depth(), columns = op.heads * depth;
  with_floating(packed.dtype(), [&](auto type) {
    using T = decltype(type);
    const Numbers<T> x(packed);
    NumbersOut<T> y(out);
    parallel_for(map.batch() * map.windows() * op.heads, grain_for(tokens * tokens * depth), [&](int64_t begin, int64_t end) {
      std::vector<double> row(static_cast<size_t>(tokens));
      for (int64_t item = begin; item < end; ++item) {
        const int64_t head = item % op.heads, group = item / op.heads;
        const int64_t image = group / map.windows() * map.image_tokens();
        const auto token = [&](int64_t i) { return image + map.place(group % map.windows(), i); };
        const auto part = [&](int64_t i, int64_t which) { return x.data() + token(i) * 3 * columns + which * columns + head * depth; };
        for (int64_t r = 0; r < tokens; ++r) {
          for (int64_t c = 0; c < tokens; ++c) {
            double dot = 0;
            for (int64_t d = 0; d < depth; ++d) dot += static_cast<double>(part(r, 0)[d]) * static_cast<double>(part(c, 1)[d]);
            const bool hidden = op.causal and c > r;
            row[static_cast<size_t>(c)] = hidden ? -std::numeric_limits<double>::infinity() : dot * op.scale + mask.at(group, head, r, c);
          }
          softmax(row);
          for (int64_t d = 0; d < depth; ++d) {
            double sum = 0;
            for (int64_t c = 0; c < tokens; ++c) sum += row[static_cast<size_t>(c)] * static_cast<double>(part(c, 2)[d]);
            y[token(r) * columns + head * depth + d] = static_cast<T>(sum);
          }
        }
      }
    });
    y.store();
  });
}

}  // namespace

TokenMap::TokenMap(const PackedAttention& op, std::span<const int64_t> packed) {
  batch_ = packed.front();
  depth_ = packed.back() / (3 * op.heads);
  extents_.assign(packed.begin() + 1, packed.end() - 1);
  window_ = op.window.empty() ? extents_ : Dims(op.window.begin(), op.window.end());
  shift_ = op.shift.empty() ? Dims(extents_.size(), 0) : Dims(op.shift.begin(), op.shift.end());
  for (size_t axis = 0; axis < extents_.size(); ++axis) {
    counts_.push_back(window_[axis] == 0 ? 0 : extents_[axis] / window_[axis]);
    windows_ *= counts_[axis];
    tokens_ *= window_[axis];
  }
}

int64_t TokenMap::place(int64_t window, int64_t token) const {
  int64_t place = 0, stride = 1;
  for (size_t axis = extents_.size(); axis-- > 0; stride *= extents_[axis]) {
    const int64_t at = window % counts_[axis] * window_[axis] + token % window_[axis] + shift_[axis];
    place += at % extents_[axis] * stride;
    window /= counts_[axis];
    token /= window_[axis];
  }
  return place;
}

void register_packed_attention(Registry& registry) {
  registry.add<PackedAttention>({.name = "PackedAttention", .infer = infer, .reference = reference, .onnx = {}});
}

}  // namespace burnish::ops
