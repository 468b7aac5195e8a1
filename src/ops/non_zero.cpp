// NonZero: the coordinates of all elements that are not zero, as i64 [rank, count], in row-major order. ONNX NonZero, opsets 9, 13.
#include "base/error.h"
#include "ops/elements.h"
#include "ops/operator.h"

namespace burnish::ops {

struct NonZero {
  static constexpr auto fields = std::tuple{};
};

namespace {

void infer(const NonZero&, InferContext& context) {
  context.expect_inputs(1, 1);
  const Shape& data = context.shape(0);
  context.output(0, DType::i64, {Dim(static_cast<int64_t>(data.rank())), context.unknown_dim()});
}

bool is_set(const Tensor& data, int64_t i) {
  if (data.dtype() == DType::string) return not data.strings()[static_cast<size_t>(i)].empty();
  return is_floating(data.dtype()) ? data.number(i) != 0 : data.integer(i) != 0;
}

void reference(const NonZero&, EvalContext& context) {
  const Tensor& data = context.input(0);
  std::vector<std::vector<int64_t>> found(data.rank());
  std::vector<int64_t> at(data.rank(), 0);
  int64_t count = 0;
  for (int64_t i = 0; i < data.size(); ++i) {
    if (is_set(data, i)) {
      ++count;
      for (size_t axis = 0; axis < at.size(); ++axis) found[axis].push_back(at[axis]);
    }
    next_index(data.dims(), at);
  }
  Tensor& out = context.allocate(0, DType::i64, {static_cast<int64_t>(data.rank()), count});
  int64_t to = 0;
  for (const std::vector<int64_t>& coordinates : found)
    for (const int64_t one : coordinates) out.set_integer(to++, one);
}

NonZero import(const ImportContext&) { return {}; }

}  // namespace

void register_non_zero(Registry& registry) {
  registry.add<NonZero>({.name = "NonZero",
                         .infer = infer,
                         .reference = reference,
                         .onnx = {{.name = "NonZero", .since = 9, .import = import}},
                         .traits = Trait::data_dependent});
}

}  // namespace burnish::ops
