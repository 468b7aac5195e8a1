// Slice: ends far outside, negative positions, steps of both signs, several axes, empty results, a dynamic axis.
#include "ops/slice.h"

#include "suite/suite.h"

namespace burnish::suite {

const Dim n = Dim::symbol("N");
constexpr int64_t far = INT64_MAX;

BURNISH_CASES(slice) {
  for (const DType type : {f32, f16, i8, i64, boolean, string}) {
    cases.add(ops::Slice{}, {input(type, {6, 7, 8}), list({1, 2}), list({5, 7}), list({0, 2})});
    cases.add(ops::Slice{}, {input(type, {6, 7, 8}), list({-1}), list({-far}), list({1}), list({-1})}).named("reversed");
    cases.add(ops::Slice{}, {input(type, {6, 7, 8}), list({0, 1}), list({far, far}), list({-1, 1}), list({2, 3})}).named("steps");
  }
  cases.add(ops::Slice{}, {input(f32, {5, 6}), list({1, 2}), list({4, 5})}).named("axes left out");
  cases.add(ops::Slice{}, {input(f32, {1, 64, 9, 9}), list({32}), list({64}), list({1})}).named("half of the channels");
  cases.add(ops::Slice{}, {input(f32, {2, 3, 10, 10}), list({1, 1}), list({-1, -1}), list({2, 3})}).named("the inside");
  cases.add(ops::Slice{}, {input(f32, {2, 3, 12, 12}), list({1, 0}), list({far, far}), list({2, 3}), list({2, 2})})
      .named("every other pixel");
  cases.add(ops::Slice{}, {input(f32, {5}), list({3}), list({2}), list({0})}).named("empty");
  cases.add(ops::Slice{}, {input(f32, {0, 4}), list({0}), list({3}), list({0})}).named("of nothing");
  cases.add(ops::Slice{}, {input(f32, {5}), list({-100}), list({100}), list({0}), list({1})}).named("clamped on both sides");
  cases.add(ops::Slice{}, {input(f32, {5}), list({100}), list({-100}), list({0}), list({-2})}).named("clamped, backwards");
  cases.add(ops::Slice{}, {input(f32, {n, 4}), list({1}), list({far}), list({0})}).runs({{{"N", 0}}, {{"N", 1}}, {{"N", 7}}});
  cases.add(ops::Slice{}, {input(f32, {n, 4}), list({-3}), list({-1}), list({0})}).runs({{{"N", 1}}, {{"N", 2}}, {{"N", 7}}});
  cases.add(ops::Slice{}, {input(f32, {n, 4}), list({0}), list({5}), list({0}), list({2})}).runs({{{"N", 1}}, {{"N", 4}}, {{"N", 9}}});
  cases.add(ops::Slice{}, {input(f32, {9}), given(Tensor::of<int64_t>({1}, {2})), given(Tensor::of<int64_t>({1}, {6}))})
      .named("runtime bounds");
  cases.add(ops::Slice{}, {input(f32, {5}), list({0}), list({5}), list({0}), list({0})}).fails("step for axis 0 is 0");
  cases.add(ops::Slice{}, {input(f32, {5, 5}), list({0, 0}), list({5, 5}), list({0, -2})}).fails("named twice");
  cases.add(ops::Slice{}, {input(f32, {5}), list({0}), list({5}), list({1})}).fails("axis 1 is out of range");
}

}  // namespace burnish::suite
