// Attention: see the header. The reference makes every row of scores in full and in double.
#include "ops/attention.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.h"
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
    if (differ(query[axis], key[axis]) or differ(query[axis], value[axis])) fail("Attention: batch axes of {}, {} and {} differ", query.text(), key.text(), value.text());
  Shape out = query;
  out[rank - 1] = value[rank - 1];
  if (context.has_input(3)) {
    Shape scores = query;
    scores[rank - 1] = key_rows;
    if (context.shape(3).rank() > rank) fail("Attention: the mask {} has more axes than the scores {}", context.shape(3).text(), scores.text());
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

void reference(const Attention& op, EvalContext& context) {
  const Tensor &query = context.input(0), &key = context.input(1), &value = context.input(2);
  const size_t rank = query.rank();
  const int64_t rows = query.dim(rank - 2), depth = query.dim(rank - 1), width = value.dim(rank - 1), columns = value.dim(rank - 2);
  Dims dims = query.dims();
  dims[rank - 1] = width;
  Tensor& out = context.allocate(0, query.dtype(), dims);
  Dims scores = query.dims();
  scores[rank - 1] = columns;
  const Mask mask(context, scores);
  const int64_t heads = rows * depth == 0 ? 0 : query.size() / (rows * depth);
  std::vector<double> row(static_cast<size_t>(columns));
  std::vector<int64_t> batch(rank - 2);
  for (int64_t head = 0; head < heads; ++head) {
    int64_t left = head;
    for (size_t i = batch.size(); i-- > 0; left /= dims[i]) batch[i] = left % dims[i];
    for (int64_t r = 0; r < rows; ++r) {
      for (int64_t c = 0; c < columns; ++c) {
        double dot = 0;
        for (int64_t d = 0; d < depth; ++d) {
          const int64_t at = op.transposed_k ? (head * depth + d) * columns + c : (head * columns + c) * depth + d;
          dot += query.number((head * rows + r) * depth + d) * key.number(at);
        }
        const bool hidden = op.causal and c > r;
        row[static_cast<size_t>(c)] = hidden ? -std::numeric_limits<double>::infinity() : mask.apply(dot * op.scale, batch, r, c);
      }
      if (columns > 0) softmax(row);
      for (int64_t e = 0; e < width; ++e) {
        double sum = 0;
        for (int64_t c = 0; c < columns; ++c) sum += row[static_cast<size_t>(c)] * value.number((head * columns + c) * width + e);
        out.set_number((head * rows + r) * width + e, sum);
      }
    }
  }
}

}  // namespace

void register_attention(Registry& registry) { registry.add<Attention>({.name = "Attention", .infer = infer, .reference = reference, .onnx = {}}); }

}  // namespace burnish::ops
