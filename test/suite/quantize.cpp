// QuantizeLinear and DequantizeLinear: per tensor and per axis, signed and unsigned, with and without zero point.
#include "ops/quantize.h"

#include "suite/suite.h"

namespace burnish::suite {
namespace {

Input step(Shape shape) { return weights(f32, std::move(shape)).between(0.125, 0.5); }

}  // namespace

BURNISH_CASES(quantize) {
  for (const DType type : {i8, u8}) {
    ops::QuantizeLinear quantize;
    quantize.output = type;
    const Input zero = weights(type, {}).between(0, 5);
    const Input zeros = weights(type, {7}).between(0, 5);
    cases.add(quantize, {input(f32, {2, 7, 5}), step({})}).named("symmetric");
    cases.add(quantize, {input(f32, {2, 7, 5}).between(-40, 40), step({}), zero}).named("saturating");
    cases.add(quantize, {input(f32, {2, 7, 5}), step({7}), zeros}).named("per axis");
    ops::DequantizeLinear dequantize;
    cases.add(dequantize, {input(type, {2, 7, 5}), step({})});
    cases.add(dequantize, {input(type, {2, 7, 5}), step({}), zero});
    cases.add(dequantize, {input(type, {2, 7, 5}), step({7}), zeros}).named("per axis");
    dequantize.axis = 0;
    cases.add(dequantize, {weights(type, {7, 3, 3, 3}), step({7}), zeros}).named("weights");
  }
  ops::DequantizeLinear blocks;
  blocks.block_size = 4;
  cases.add(blocks, {input(i8, {3, 8, 5}), step({3, 2, 5}), weights(i8, {3, 2, 5}).between(0, 5)}).named("blocks");
  for (const DType type : {u2, i4, u4, u8}) {
    const double most = type == u2 ? 3 : 7;
    const auto add = [&](int64_t axis, int64_t block, const Shape& data, const Shape& scale) {
      ops::DequantizeLinear narrow;
      narrow.axis = axis;
      narrow.block_size = block;
      cases.add(narrow, {input(type, data).between(0, most), step(scale)}).named("narrow blocks");
      cases.add(narrow, {input(type, data).between(0, most), step(scale), weights(type, scale).between(0, most)}).named("narrow blocks");
    };
    add(-1, 16, {5, 37}, {5, 3});
    add(2, 8, {3, 5, 40}, {3, 5, 5});
    add(0, 16, {32, 9}, {2, 9});
  }
  ops::QuantizeLinear quantized_blocks;
  quantized_blocks.axis = 2;
  quantized_blocks.block_size = 4;
  cases.add(quantized_blocks, {input(f32, {3, 5, 8}).between(-40, 40), step({3, 5, 2})}).named("blocks");
  cases.add(ops::QuantizeLinear{}, {input(f32, {2, 7, 3, 5}).between(-40, 40), step({7}), weights(u8, {7}).between(0, 5)}).named("images");
  cases.add(ops::DequantizeLinear{}, {input(i32, {2, 7}).between(-1000, 1000), step({7})}).named("accumulators");
}

}  // namespace burnish::suite
