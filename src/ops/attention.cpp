// Attention: see the header. The reference makes every row of scores in full and in double.
#include "ops/attention.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.h"
#include "base/parallel.h"
#include "ops/numbers.h"
#include "ops/operator.h"

namespace burnish::ops {
namespace {

void infer(const Attention& op, InferContext& context) {
  context.expect_inputs(3, 4);
  const Shape& query = context.shape(0);
  const size_t rank = query.rank();
  if (rank < 2) fail("Attention needs at least two axes, the queries are {}", query.text());
  for (const size_t index : {1, 2}) {
    context.expect_rank(index, rank);
    context.expect_same_dtype(0, index);
  }
  const Shape& key = context.shape(1);
  const Shape& value = context.shape(2);
  const Dim& key_depth = op.transposed_k ? key[rank - 2] : key[rank - 1];
  const Dim& key_rows = op.transposed_k ? key[rank - 1] : key[rank - 2];
  const auto differ = [](const Dim& a, const Dim& b) { return a.is_constant() and b.is_constant() and not(a == b); };
  if (differ(query[rank - 1], key_depth)) fail("Attention: queries {} and keys {} differ in depth", query.text(), key.text());
  if (differ(key_rows, value[rank - 2])) fail("Attention: keys {} and values {} differ in length", key.text(), value.text());
  for (size_t axis = 0; axis + 2 < rank; ++axis)
    if (differ(query[axis], key[axis]) or differ(query[axis], value[axis]))
      fail("Attention: batch axes of {}, {} and {} differ", query.text(), key.text(), value.text());
  Shape out = query;
  out[rank - 1] = value[rank - 1];
  if (context.has_input(3)) {
    Shape scores = query;
    scores[rank - 1] = key_rows;
    if (context.shape(3).rank() > rank)
      fail("Attention: the mask {} has more axes than the scores {}", context.shape(3).text(), scores.text());
    broadcast(scores, context.shape(3));
  }
  context.output(0, context.dtype(0), out);
}

/// Where the mask stands for given row and column of given head; nothing where there is no mask.
class Mask {
 public:
  Mask(const EvalContext& context, const Dims& scores) {
    if (not context.has_input(3)) return;
    mask_ = &context.input(3);
    if (broadcast(Shape(mask_->dims()), Shape(scores)) != Shape(scores))
      fail("the mask {} does not broadcast to the scores {}", text_of(mask_->dims()), text_of(scores));
    strides_.assign(scores.size(), 0);
    int64_t stride = 1;
    for (size_t i = mask_->rank(); i-- > 0;) {
      if (mask_->dim(i) != 1) strides_[i + scores.size() - mask_->rank()] = stride;
      stride *= mask_->dim(i);
    }
  }
  double apply(double score, const std::vector<int64_t>& batch, int64_t row, int64_t column) const {
    if (mask_ == nullptr) return score;
    int64_t at = row * strides_[strides_.size() - 2] + column * strides_.back();
    for (size_t i = 0; i < batch.size(); ++i) at += batch[i] * strides_[i];
    if (mask_->dtype() == DType::boolean) return mask_->integer(at) != 0 ? score : -std::numeric_limits<double>::infinity();
    return score + mask_->number(at);
  }

 private:
  const Tensor* mask_ = nullptr;
  std::vector<int64_t> strides_;
};

void softmax(std::vector<double>& row) {
  const double top = *std::max_element(row.begin(), row.end());
  double sum = 0;
  for (double& x : row) sum += x = std::exp(x - top);
  for (double& x : row) x /= sum;
}

template <class T>
double dot_product(const T* a, const T* b, int64_t count, int64_t stride) {
  double sum = 0;
  for (int64_t i = 0; i < count; ++i) sum += static_cast<double>(a[i]) * static_cast<double>(b[i * stride]);
  return sum;
}

void check_shapes(const Tensor& query, const Tensor& key, const Tensor& value, bool transposed_k) {
  const size_t rank = query.rank();
  bool fit = rank >= 2 and key.rank() == rank and value.rank() == rank;
  for (size_t axis = 0; fit and axis + 2 < rank; ++axis) fit = query.dim(axis) == key.dim(axis) and query.dim(axis) == value.dim(axis);
  fit = fit and key.dim(transposed_k ? rank - 2 : rank - 1) == query.dim(rank - 1) and
        key.dim(transposed_k ? rank - 1 : rank - 2) == value.dim(rank - 2);
  if (not fit) fail("queries {}, keys {} and values {} do not fit", text_of(query.dims()), text_of(key.dims()), text_of(value.dims()));
}

void reference(const Attention& op, EvalContext& context) {
  const Tensor &query = context.input(0), &key = context.input(1), &value = context.input(2);
  check_shapes(query, key, value, op.transposed_k);
  const size_t rank = query.rank();
  const int64_t rows = query.dim(rank - 2), depth = query.dim(rank - 1), width = value.dim(rank - 1), columns = value.dim(rank - 2);
  Dims dims = query.dims();
  dims[rank - 1] = width;
  Tensor& out = context.allocate(0, query.dtype(), dims);
  Dims scores = query.dims();
  scores[rank - 1] = columns;
  const Mask mask(context, scores);
  const int64_t heads = element_count(std::span(dims).first(rank - 2));
  with_floating(query.dtype(), [&](auto type) {
    using T = decltype(type);
    const Numbers<T> q(query);
    const Numbers<T> k(key);
    const Numbers<T> v(value);
    NumbersOut<T> y(out);
    parallel_for(heads * rows, grain_for(columns * (depth + width + 16)), [&](int64_t begin, int64_t end) {
      std::vector<double> row(static_cast<size_t>(columns));
      std::vector<double> sums(static_cast<size_t>(width));
      std::vector<int64_t> batch(rank - 2);
      for (int64_t line = begin; line < end; ++line) {
        const int64_t head = line / rows;
        const int64_t r = line % rows;
        int64_t left = head;
        for (size_t i = batch.size(); i-- > 0; left /= dims[i]) batch[i] = left % dims[i];
        for (int64_t c = 0; c < columns; ++c) {
          const T* other = k.data() + head * columns * depth + (op.transposed_k ? c : c * depth);
          const double dot = dot_product(q.data() + line * depth, other, depth, op.transposed_k ? columns : 1);
          const bool hidden = op.causal and c > r;
          row[static_cast<size_t>(c)] = hidden ? -std::numeric_limits<double>::infinity() : mask.apply(dot * op.scale, batch, r, c);
        }
        if (columns > 0) softmax(row);
        std::fill(sums.begin(), sums.end(), 0.0);
        for (int64_t c = 0; c < columns; ++c)
          for (int64_t e = 0; e < width; ++e)
            sums[static_cast<size_t>(e)] += row[static_cast<size_t>(c)] * static_cast<double>(v[(head * columns + c) * width + e]);
        for (int64_t e = 0; e < width; ++e) y[line * width + e] = static_cast<T>(sums[static_cast<size_t>(e)]);
      }
    });
    y.store();
  });
}

}  // namespace

void register_attention(Registry& registry) {
  registry.add<Attention>({.name = "Attention", .infer = infer, .reference = reference, .onnx = {}});
}

}  // namespace burnish::ops
