// Batch, layer, RMS, instance and group normalization: ranks, axes, odd channel counts, missing bias, types.
#include "ops/normalization.h"

#include "suite/suite.h"

namespace burnish::suite {

BURNISH_CASES(batch_normalization) {
  for (const int64_t channels : {1, 3, 16, 33})
    for (const Shape& rest : {Shape{}, Shape{7}, Shape{5, 6}, Shape{2, 3, 4}}) {
      const Shape shape = Shape{2, channels}.replaced(2, 0, rest);
      const Input each = weights(f32, {channels});
      cases.add(ops::BatchNormalization{}, {input(f32, shape), each, each, each, each.between(0.5, 2)});
    }
  const Input fewer = weights(f32, {3});
  cases.add(ops::BatchNormalization{}, {input(f32, {1, 4, 2, 2}), fewer, fewer, fewer, fewer}).fails("");
}

BURNISH_CASES(layer_normalization) {
  for (const int64_t width : {1, 7, 16, 64, 129, 768}) {
    cases.add(ops::LayerNormalization{}, {input(f32, {2, 3, width}), weights(f32, {width}), weights(f32, {width})}).sums(width);
    cases.add(ops::LayerNormalization{}, {input(f32, {5, width}), weights(f32, {width})}).named("without bias").sums(width);
    cases.add(ops::RMSNormalization{}, {input(f32, {2, 3, width}), weights(f32, {width})}).sums(width);
  }
  for (const DType type : {f16, bf16, f64}) {
    cases.add(ops::LayerNormalization{}, {input(type, {4, 32}), weights(type, {32}), weights(type, {32})}).sums(32);
    cases.add(ops::RMSNormalization{}, {input(type, {4, 32}), weights(type, {32})}).sums(32);
  }
  cases.add(ops::LayerNormalization{.axis = 1}, {input(f32, {2, 3, 5}), weights(f32, {3, 5}), weights(f32, {3, 5})}).sums(15);
  cases.add(ops::LayerNormalization{.axis = -2, .epsilon = 1e-2}, {input(f32, {2, 3, 5}), weights(f32, {3, 5})}).sums(15);
  cases.add(ops::LayerNormalization{}, {input(f32, {2, 3, 8}), weights(f32, {8}), weights(f32, {8})})
      .with_outputs(3)
      .named("with statistics")
      .sums(8);
  cases.add(ops::RMSNormalization{.axis = 1}, {input(f32, {2, 3, 5}), weights(f32, {3, 5})}).sums(15);
}

BURNISH_CASES(instance_normalization) {
  for (const int64_t channels : {1, 4, 17}) {
    const Input each = weights(f32, {channels});
    cases.add(ops::InstanceNormalization{}, {input(f32, {2, channels, 9}), each, each}).sums(9);
    cases.add(ops::InstanceNormalization{}, {input(f32, {2, channels, 7, 6}), each, each}).sums(42);
  }
  for (const int64_t groups : {1, 2, 4, 8}) {
    const Input each = weights(f32, {8});
    cases.add(ops::GroupNormalization{.groups = groups}, {input(f32, {2, 8, 5, 5}), each, each}).sums(200 / groups);
    cases.add(ops::GroupNormalization{.groups = groups, .epsilon = 1e-3}, {input(f32, {3, 8, 4}), each, each}).sums(32 / groups);
  }
  cases.add(ops::GroupNormalization{.groups = 3}, {input(f32, {1, 8, 4}), weights(f32, {8}), weights(f32, {8})}).fails("");
  const Input wide = weights(f32, {16});
  cases.add(ops::GroupNormalization{.groups = 2}, {input(f32, {1, 16, 80, 60}), wide, wide}).named("few large groups").sums(38400);
  cases.add(ops::InstanceNormalization{}, {input(f32, {1, 16, 80, 60}), wide, wide}).named("few large planes").sums(4800);
  cases.add(ops::InstanceNormalization{}, {input(f32, {1, 16, 70}).between(12, 14), wide, wide}).named("far from zero").sums(70);
}

}  // namespace burnish::suite
