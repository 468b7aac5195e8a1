// Softmax and its logarithm along every axis, long and short rows, large values, types.
#include "ops/softmax.h"

#include <cmath>

#include "suite/suite.h"

namespace burnish::suite {

BURNISH_CASES(softmax) {
  for (const bool log : {false, true}) {
    for (const int64_t axis : {0, 1, 2, -1}) cases.add(ops::Softmax{axis, log}, {input(f32, {3, 5, 7})}).sums(7);
    for (const int64_t length : {1, 2, 15, 16, 17, 100, 1000}) cases.add(ops::Softmax{-1, log}, {input(f32, {3, length})}).sums(length);
    for (const DType type : {f16, bf16, f64}) cases.add(ops::Softmax{-1, log}, {input(type, {2, 4, 19})}).sums(19);
    cases.add(ops::Softmax{-1, log}, {input(f32, {4, 33}).between(-80, 80)}).named("large values").sums(33);
    cases.add(ops::Softmax{1, log}, {input(f32, {2, 21, 9, 11})}).named("over channels").sums(21);
    cases.add(ops::Softmax{-1, log}, {input(f32, {0, 5})}).named("no rows");
    cases.add(ops::Softmax{3, log}, {input(f32, {2, 5})}).fails("axis 3");
    cases.add(ops::Softmax{-1, log}, {given(Tensor::of<float>({3, 4}, {9, 1, 0, -2, -1, 0.5, 8, 0, 2, 2, 2, 14}))})
        .named("one element dominates")
        .sums(4);
  }
  for (const bool log : {false, true}) {
    cases.add(ops::Softmax{-1, log}, {input(f32, {1, 50003})}).named("one long row").sums(50003);
    cases.add(ops::Softmax{1, log}, {input(f32, {1, 9000, 2, 3})}).named("over many channels").sums(9000);
  }
  cases.add(ops::Softmax{}, {given(Tensor::of<float>({2, 3}, {-INFINITY, 1, -INFINITY, 0, -INFINITY, 0}))})
      .named("masked elements")
      .sums(3);
}

}  // namespace burnish::suite
