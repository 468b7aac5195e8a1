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
  cases.add(ops::DequantizeLinear{}, {input(i32, {2, 7}).between(-1000, 1000), step({7})}).named("accumulators");
}

}  // namespace burnish::suite
