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
  ops::QuantizeLinear quantized_blocks;
  quantized_blocks.axis = 2;
  quantized_blocks.block_size = 4;
  cases.add(quantized_blocks, {input(f32, {3, 5, 8}).between(-40, 40), step({3, 5, 2})}).named("blocks");
  cases.add(ops::QuantizeLinear{}, {input(f32, {2, 7, 3, 5}).between(-40, 40), step({7}), weights(u8, {7}).between(0, 5)}).named("images");
  cases.add(ops::DequantizeLinear{}, {input(i32, {2, 7}).between(-1000, 1000), step({7})}).named("accumulators");
}

}  // namespace burnish::suite
