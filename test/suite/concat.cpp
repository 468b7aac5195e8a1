// Concat and Split: every axis, odd and empty parts, one part, many parts, dynamic axes.
#include "ops/concat.h"

#include "ops/split.h"
#include "suite/suite.h"

namespace burnish::suite {

const Dim n = Dim::symbol("N");

BURNISH_CASES(concat) {
  for (const DType type : {f32, f16, i8, i64, boolean, string})
    for (const int64_t axis : {0, 1, 2, -1})
      cases.add(ops::Concat{axis}, {input(type, {2, 3, 4}), input(type, {2, 3, 4}), input(type, {2, 3, 4})});
  cases.add(ops::Concat{1}, {input(f32, {2, 16, 7, 7}), input(f32, {2, 5, 7, 7}), input(f32, {2, 1, 7, 7})});
  cases.add(ops::Concat{1}, {input(f32, {1, 64, 5, 5}), weights(f32, {1, 32, 5, 5})}).named("a constant part");
  cases.add(ops::Concat{-1}, {input(f32, {3, 1}), input(f32, {3, 0}), input(f32, {3, 2})}).named("an empty part");
  cases.add(ops::Concat{0}, {input(f32, {0, 3}), input(f32, {0, 3})}).named("nothing");
  cases.add(ops::Concat{0}, {input(f32, {5})}).named("a single input");
  cases.add(ops::Concat{0}, std::vector<Input>(40, input(f32, {1, 3}))).named("forty inputs");
  cases.add(ops::Concat{0}, {input(f32, {n, 3}), input(f32, {2, 3})}).runs({{{"N", 0}}, {{"N", 1}}, {{"N", 9}}});
  cases.add(ops::Concat{1}, {input(f32, {n, 3}), input(f32, {n, 2})}).runs({{{"N", 1}}, {{"N", 9}}});
  cases.add(ops::Concat{0}, {input(f32, {2, 3}), input(f32, {2, 4})}).fails("axis 1 must be 3");
  cases.add(ops::Concat{0}, {input(f32, {2, 3}), input(i32, {2, 3})}).fails("different types");
}

BURNISH_CASES(split) {
  for (const DType type : {f32, f16, i8, i64, string})
    for (const int64_t axis : {0, 1, -1}) cases.add(ops::Split{axis}, {input(type, {4, 6, 8})}).with_outputs(2);
  cases.add(ops::Split{1}, {input(f32, {2, 7, 3}), list({1, 4, 2})}).with_outputs(3);
  cases.add(ops::Split{0}, {input(f32, {7, 2})}).with_outputs(3).named("the last part is smaller");
  cases.add(ops::Split{0}, {input(f32, {5}), list({0, 5})}).with_outputs(2).named("an empty part");
  cases.add(ops::Split{1}, {input(f32, {n, 64, 3}), list({32, 32})}).with_outputs(2).runs({{{"N", 1}}, {{"N", 5}}});
  cases.add(ops::Split{0}, {input(f32, {n, 2})}).with_outputs(2).runs({{{"N", 1}}, {{"N", 4}}, {{"N", 7}}});
  cases.add(ops::Split{0}, {input(f32, {5}), list({2, 2})}).with_outputs(2).fails("add up to 4");
  cases.add(ops::Split{0}, {input(f32, {5}), list({6, -1})}).with_outputs(2).fails("negative size -1");
}

}  // namespace burnish::suite
