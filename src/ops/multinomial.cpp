// Multinomial: classes drawn with unnormalized log-probabilities. ONNX Multinomial, opsets 7, 22.
// Input [N, classes], output [N, samples] of i32 or i64.
#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.h"
#include "ops/inference.h"
#include "ops/numbers.h"
#include "ops/operator.h"
#include "ops/random.h"

namespace burnish::ops {

struct Multinomial {
  DType dtype = DType::i32;
  int64_t samples = 1;
  bool seeded = false;
  int64_t seed = 0;
  static constexpr auto fields = std::tuple{field("dtype", &Multinomial::dtype), field("samples", &Multinomial::samples),
                                            field("seeded", &Multinomial::seeded), field("seed", &Multinomial::seed)};
};

namespace {

void infer(const Multinomial& op, InferContext& context) {
  context.expect_inputs(1, 1);
  context.expect_rank(0, 2);
  if (not is_floating(context.dtype(0))) fail("the log-probabilities are {}; they must be floating", name_of(context.dtype(0)));
  if (op.dtype != DType::i32 and op.dtype != DType::i64) fail("the classes are i32 or i64, not {}", name_of(op.dtype));
  if (op.samples < 0) fail("sample_size is {}", op.samples);
  const Shape shape{context.shape(0)[0], op.samples};
  check_extents(shape);
  context.output(0, op.dtype, shape);
}

void reference(const Multinomial& op, EvalContext& context) {
  const Tensor& input = context.input(0);
  const int64_t classes = input.dim(1);
  if (classes < 1) fail("there are no classes to draw from");
  RandomNumbers random(seed_of(op.seeded, op.seed));
  const Numbers<double> logs(input);
  Tensor& out = context.allocate(0, op.dtype, {input.dim(0), op.samples});
  std::vector<double> sums(static_cast<size_t>(classes));
  for (int64_t row = 0; row < input.dim(0); ++row) {
    double highest = -std::numeric_limits<double>::infinity();
    for (int64_t c = 0; c < classes; ++c) highest = std::max(highest, logs[row * classes + c]);
    double sum = 0;
    for (int64_t c = 0; c < classes; ++c) sums[static_cast<size_t>(c)] = sum += std::exp(logs[row * classes + c] - highest);
    for (int64_t i = 0; i < op.samples; ++i) {
      const auto drawn = std::upper_bound(sums.begin(), sums.end(), random.uniform() * sum);
      out.set_integer(row * op.samples + i, std::min<int64_t>(drawn - sums.begin(), classes - 1));
    }
  }
}

Multinomial import(const ImportContext& context) {
  const auto seed = context.find_float("seed");
  return {.dtype = context.find_dtype("dtype").value_or(DType::i32),
          .samples = context.int_or("sample_size", 1),
          .seeded = seed.has_value(),
          .seed = seed_from_float(seed.value_or(0))};
}

}  // namespace

void register_multinomial(Registry& registry) {
  registry.add<Multinomial>({.name = "Multinomial",
                             .infer = infer,
                             .reference = reference,
                             .onnx = {{.name = "Multinomial", .since = 7, .import = import}},
                             .traits = Trait::random});
}

}  // namespace burnish::ops
