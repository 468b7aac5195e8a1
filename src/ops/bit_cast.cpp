// BitCast: the same bits read as another element type of the same width. ONNX BitCast, opset 26.
#include <cstring>

#include "base/error.h"
#include "ops/operator.h"

namespace burnish::ops {

struct BitCast {
  DType to = DType::f32;
  static constexpr auto fields = std::tuple{field("to", &BitCast::to)};
};

namespace {

/// How many bits a file stores for one element: a boolean takes a byte there.
size_t stored_bits(DType dtype) { return dtype == DType::boolean ? 8 : bit_width(dtype); }

void infer(const BitCast& op, InferContext& context) {
  context.expect_inputs(1, 1);
  const DType from = context.dtype(0);
  const bool strings = from == DType::string or op.to == DType::string;
  if (strings or stored_bits(from) != stored_bits(op.to)) fail("the bits of {} cannot be read as {}", name_of(from), name_of(op.to));
  context.output(0, op.to, context.shape(0));
}

void reference(const BitCast& op, EvalContext& context) {
  const Tensor& data = context.input(0);
  Tensor& out = context.allocate(0, op.to, data.dims());
  BURNISH_CHECK(out.bytes() == data.bytes());
  if (data.bytes() > 0) std::memcpy(out.mutable_data(), data.data(), data.bytes());
}

BitCast import(const ImportContext& context) {
  const auto to = context.find_dtype("to");
  if (not to) fail("the attribute `to` is missing, but the operator needs it");
  return {.to = *to};
}

}  // namespace

void register_bit_cast(Registry& registry) {
  registry.add<BitCast>(
      {.name = "BitCast", .infer = infer, .reference = reference, .onnx = {{.name = "BitCast", .since = 26, .import = import}}});
}

}  // namespace burnish::ops
