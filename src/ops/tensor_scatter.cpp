// TensorScatter: new steps written into a cache, at a place of its own for each batch entry. ONNX TensorScatter, opset 24.
// Inputs: cache [batch,..,most steps,..], update [batch,..,steps,..], optional i64 [batch] first steps. Output: the changed cache.
#include "base/error.h"
#include "ops/axes.h"
#include "ops/elements.h"
#include "ops/inference.h"
#include "ops/operator.h"

namespace burnish::ops {

struct TensorScatter {
  int64_t axis = -2;
  bool circular = false;
  static constexpr auto fields = std::tuple{field("axis", &TensorScatter::axis), field("circular", &TensorScatter::circular)};
};

namespace {

size_t checked_axis(const TensorScatter& op, const Shape& cache, const Shape& update) {
  const size_t axis = normalized_axis(op.axis, cache.rank());
  if (axis == 0) fail("axis 0 is the batch; TensorScatter needs a later one");
  if (update.rank() != cache.rank()) fail("the cache has shape {}, but the update {}", cache.text(), update.text());
  for (size_t i = 0; i < cache.rank(); ++i) {
    if (not cache[i].is_constant() or not update[i].is_constant()) continue;
    if (i == axis ? update[i].value() > cache[i].value() : update[i].value() != cache[i].value())
      fail("an update of shape {} does not fit a cache of shape {}", update.text(), cache.text());
  }
  return axis;
}

void infer(const TensorScatter& op, InferContext& context) {
  context.expect_inputs(2, 3);
  context.expect_same_dtype(0, 1);
  checked_axis(op, context.shape(0), context.shape(1));
  if (context.has_input(2)) expect_index_vector(context, 2, "the write indices");
  context.output(0, context.dtype(0), context.shape(0));
}

void reference(const TensorScatter& op, EvalContext& context) {
  const Tensor& cache = context.input(0);
  const Tensor& update = context.input(1);
  const size_t axis = checked_axis(op, Shape(cache.dims()), Shape(update.dims()));
  std::vector<int64_t> firsts(static_cast<size_t>(cache.dim(0)), 0);
  if (context.has_input(2)) firsts = context.input(2).integers();
  if (static_cast<int64_t>(firsts.size()) != cache.dim(0))
    fail("there are {} batch entries, but {} write indices", cache.dim(0), firsts.size());
  const int64_t most = cache.dim(axis);
  const int64_t steps = update.dim(axis);
  const int64_t inner = extent_product(cache.dims(), axis + 1, cache.rank());
  const int64_t per_entry = extent_product(cache.dims(), 1, axis);
  Tensor& out = context.allocate(0, cache.dtype(), cache.dims());
  copy_run(out, 0, cache, 0, cache.size());
  for (int64_t block = 0; block < cache.dim(0) * per_entry; ++block) {
    const int64_t first = firsts[static_cast<size_t>(block / per_entry)];
    if (first < 0 or (not op.circular and first > most - steps)) fail("{} steps from {} on do not fit a cache of {}", steps, first, most);
    for (int64_t step = 0; step < steps; ++step) {
      const int64_t place = op.circular ? (first % most + step) % most : first + step;
      copy_run(out, (block * most + place) * inner, update, (block * steps + step) * inner, inner);
    }
  }
}

TensorScatter import(const ImportContext& context) {
  const std::string mode = context.string_or("mode", "linear");
  if (mode != "linear" and mode != "circular") fail("the mode `{}` is not known; TensorScatter has linear and circular", mode);
  return {.axis = context.int_or("axis", -2), .circular = mode == "circular"};
}

}  // namespace

void register_tensor_scatter(Registry& registry) {
  registry.add<TensorScatter>({.name = "TensorScatter",
                               .infer = infer,
                               .reference = reference,
                               .onnx = {{.name = "TensorScatter", .since = 24, .import = import}},
                               .traits = Trait::moves_data});
}

}  // namespace burnish::ops
