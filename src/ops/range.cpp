// Range: see the header.
#include "ops/range.h"

#include <cmath>

#include "base/error.h"
#include "ops/elements.h"
#include "ops/inference.h"
#include "ops/operator.h"

namespace burnish::ops {
namespace {

int64_t integer_count(int64_t start, int64_t limit, int64_t delta) {
  if (delta == 0) fail("the delta of Range is 0");
  const bool up = delta > 0;
  if (up ? start >= limit : start <= limit) return 0;
  const uint64_t span =
      up ? static_cast<uint64_t>(limit) - static_cast<uint64_t>(start) : static_cast<uint64_t>(start) - static_cast<uint64_t>(limit);
  const uint64_t step = up ? static_cast<uint64_t>(delta) : uint64_t{0} - static_cast<uint64_t>(delta);
  const uint64_t count = (span - 1) / step + 1;
  if (count > INT64_MAX) fail("Range from {} to {} by {} has too many elements", start, limit, delta);
  return static_cast<int64_t>(count);
}

int64_t floating_count(double start, double limit, double delta) {
  if (delta == 0 or not std::isfinite(start) or not std::isfinite(limit) or std::isnan(delta))
    fail("Range from {} to {} by {} is not possible", start, limit, delta);
  const double count = std::ceil((limit - start) / delta);
  constexpr double most = 9e18;
  if (count > most) fail("Range from {} to {} by {} has too many elements", start, limit, delta);
  return count > 0 ? static_cast<int64_t>(count) : 0;
}

int64_t count_of(const Tensor& start, const Tensor& limit, const Tensor& delta) {
  if (is_floating(start.dtype()))
    return floating_count(single_number(start, "start"), single_number(limit, "limit"), single_number(delta, "delta"));
  return integer_count(single_integer(start, "start"), single_integer(limit, "limit"), single_integer(delta, "delta"));
}

std::optional<Dim> value_of(const InferContext& context, size_t index) {
  const auto values = context.values(index);
  return values and values->size() == 1 ? std::optional(values->front()) : std::nullopt;
}

/// How many elements integer shape arithmetic promises; nothing where the sign of the step is open.
std::optional<Dim> symbolic_count(const Dim& start, const Dim& limit, const Dim& delta) {
  if (not delta.is_constant()) return {};
  if (start.is_constant() and limit.is_constant()) return Dim(integer_count(start.value(), limit.value(), delta.value()));
  if (delta.value() == 0) fail("the delta of Range is 0");
  if (delta == Dim(1) and start == Dim(0) and never_negative(limit)) return limit;
  const Dim span = delta.value() > 0 ? limit - start : start - limit;
  return max(ceil_div(span, Dim(std::abs(std::max(delta.value(), -INT64_MAX)))), Dim(0));
}

void infer(const Range&, InferContext& context) {
  context.expect_inputs(3, 3);
  const DType dtype = context.dtype(0);
  if (not is_floating(dtype) and not is_integer(dtype)) fail("Range counts numbers, not {}", name_of(dtype));
  for (size_t i = 0; i < 3; ++i) {
    context.expect_same_dtype(0, i);
    expect_one_element(context, i, "each input of Range");
  }
  const auto start = value_of(context, 0);
  const auto limit = value_of(context, 1);
  const auto delta = value_of(context, 2);
  std::optional<Dim> count;
  if (start and limit and delta) {
    count = symbolic_count(*start, *limit, *delta);
  } else if (context.constant(0) != nullptr and context.constant(1) != nullptr and context.constant(2) != nullptr) {
    count = Dim(count_of(*context.constant(0), *context.constant(1), *context.constant(2)));
  }
  const Shape shape{count ? *count : context.unknown_dim()};
  check_extents(shape);
  context.output(0, dtype, shape);
  if (not start or not delta or shape[0].constant().value_or(65) > 64) return;
  DimValues values;
  for (int64_t i = 0; i < shape[0].value(); ++i) values.push_back(*start + Dim(i) * *delta);
  propagate(context, 0, dtype, std::move(values));
}

void reference(const Range&, EvalContext& context) {
  const Tensor& start = context.input(0);
  const Tensor& delta = context.input(2);
  const int64_t count = count_of(start, context.input(1), delta);
  Tensor& out = context.allocate(0, start.dtype(), {count});
  const bool floating = is_floating(start.dtype());
  for (int64_t i = 0; i < count; ++i) {
    if (floating) {
      out.set_number(i, start.number(0) + static_cast<double>(i) * delta.number(0));
    } else {
      out.set_integer(i, start.integer(0) + i * delta.integer(0));
    }
  }
}

Range import(const ImportContext&) { return {}; }

}  // namespace

void register_range(Registry& registry) {
  registry.add<Range>(
      {.name = "Range", .infer = infer, .reference = reference, .onnx = {{.name = "Range", .since = 11, .import = import}}});
}

}  // namespace burnish::ops
