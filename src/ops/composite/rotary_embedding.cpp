// RotaryEmbedding: pairs of features rotated by angles that depend on the position. ONNX RotaryEmbedding, opset 23.
// Composed of slices, products and sums, so that fusion sees it; it has no operator of its own.
#include "base/error.h"
#include "ops/concat.h"
#include "ops/gather.h"
#include "ops/operator.h"
#include "ops/pointwise.h"
#include "ops/reshape.h"
#include "ops/slice.h"
#include "ops/split.h"
#include "ops/transpose.h"
#include "ops/unsqueeze.h"

namespace burnish::ops {
namespace {

class Rotation {
 public:
  explicit Rotation(ImportContext& context)
      : context_(context), interleaved_(context.flag_or("interleaved", false)), rotated_(context.int_or("rotary_embedding_dim", 0)) {}

  /// data [batch, heads, steps, features] with all, or the first `rotary_embedding_dim`, features rotated.
  ValueId apply(ValueId data) {
    if (rotated_ < 0 or rotated_ % 2 != 0) fail("rotary_embedding_dim is {}, but must be even and not negative", rotated_);
    if (rotated_ == 0) return rotated(data);
    const ValueId head = sliced(data, 0, rotated_, 1);
    const ValueId rest = sliced(data, rotated_, INT64_MAX, 1);
    return context_.add(Concat{.axis = -1}, {rotated(head), rest});
  }

 private:
  /// Angles [batch, 1, steps, features / 2] from a cache by position, or given for each step.
  ValueId angles(size_t input) {
    ValueId cache = context_.input(input);
    if (context_.has_input(3)) cache = context_.add(Gather{.axis = 0}, {cache, context_.input(3)});
    return context_.add(Unsqueeze{}, {cache, context_.constant_i64({1})});
  }

  ValueId sliced(ValueId data, int64_t start, int64_t end, int64_t step) {
    return context_.add(Slice{}, {data, context_.constant_i64({start}), context_.constant_i64({end}), context_.constant_i64({-1}),
                                  context_.constant_i64({step})});
  }

  ValueId binary(ExprCode code, ValueId a, ValueId b) {
    const DType dtype = context_.type(a).dtype;
    return context_.add(pointwise(code, {dtype, context_.type(b).dtype}, dtype), {a, b});
  }

  ValueId rotated(ValueId data) {
    const ValueId cosine = angles(1);
    const ValueId sine = angles(2);
    std::vector<ValueId> halves;
    if (interleaved_) {
      halves = {sliced(data, 0, INT64_MAX, 2), sliced(data, 1, INT64_MAX, 2)};
    } else {
      halves = context_.add(Split{.axis = -1}, {data}, 2, {});
    }
    const ValueId real = binary(ExprCode::sub, binary(ExprCode::mul, halves[0], cosine), binary(ExprCode::mul, halves[1], sine));
    const ValueId imaginary = binary(ExprCode::add, binary(ExprCode::mul, halves[0], sine), binary(ExprCode::mul, halves[1], cosine));
    if (not interleaved_) return context_.add(Concat{.axis = -1}, {real, imaginary});
    const ValueId last = context_.constant_i64({-1});
    const ValueId pairs =
        context_.add(Concat{.axis = -1}, {context_.add(Unsqueeze{}, {real, last}), context_.add(Unsqueeze{}, {imaginary, last})});
    return context_.add(Reshape{}, {pairs, context_.constant_i64({0, 0, 0, -1})});
  }

  ImportContext& context_;
  bool interleaved_;
  int64_t rotated_;
};

void import(ImportContext& context) {
  for (size_t i = 0; i < 3; ++i)
    if (not context.has_input(i)) fail("RotaryEmbedding needs data, cosines and sines");
  const ValueId data = context.input(0);
  const size_t rank = context.type(data).shape.rank();
  if (rank != 3 and rank != 4) fail("RotaryEmbedding needs data of rank 3 or 4, but it has shape {}", context.type(data).shape.text());
  Rotation rotation(context);
  if (rank == 4) {
    context.set_output(0, rotation.apply(data));
    return;
  }
  const int64_t heads = context.require_int("num_heads");
  if (heads < 1) fail("num_heads is {}, but must be positive", heads);
  const Transpose swap{.perm = {0, 2, 1, 3}};
  const ValueId split = context.add(Reshape{}, {data, context.constant_i64({0, 0, heads, -1})});
  const ValueId turned = context.add(swap, {rotation.apply(context.add(swap, {split}))});
  context.set_output(0, context.add(Reshape{}, {turned, context.constant_i64({0, 0, -1})}));
}

}  // namespace

void register_rotary_embedding(Registry& registry) { registry.add_import("RotaryEmbedding", 23, import); }

}  // namespace burnish::ops
