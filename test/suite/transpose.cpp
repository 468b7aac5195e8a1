// Transpose: all permutations up to rank 4, common ones of images and heads, odd sizes, narrow and wide elements.
#include "ops/transpose.h"

#include <algorithm>

#include "suite/suite.h"

namespace burnish::suite {

const Dim n = Dim::symbol("N");

BURNISH_CASES(transpose) {
  for (const Shape& shape : {Shape{7}, Shape{3, 5}, Shape{2, 3, 5}, Shape{2, 3, 4, 5}}) {
    std::vector<int64_t> perm;
    for (size_t axis = 0; axis < shape.rank(); ++axis) perm.push_back(static_cast<int64_t>(axis));
    do cases.add(ops::Transpose{perm}, {input(f32, shape)});
    while (std::ranges::next_permutation(perm).found);
  }
  for (const DType type : {f16, bf16, i8, u8, i64, f64, boolean, string})
    for (const Shape& shape : {Shape{17, 33}, Shape{2, 9, 5}}) cases.add(ops::Transpose{}, {input(type, shape)});
  cases.add(ops::Transpose{{0, 2, 3, 1}}, {input(f32, {2, 17, 9, 11})}).named("to channels last");
  cases.add(ops::Transpose{{0, 3, 1, 2}}, {input(f32, {2, 9, 11, 17})}).named("to channels first");
  cases.add(ops::Transpose{{0, 2, 1, 3}}, {input(f32, {2, 5, 12, 64})}).named("heads forward");
  cases.add(ops::Transpose{{0, 1, 3, 2}}, {input(f32, {2, 4, 65, 31})}).named("matrices");
  for (const DType type : {f32, f16, i8, i64})
    for (const Shape& shape : {Shape{2, 130, 200}, Shape{3, 16, 300}, Shape{1, 300, 24}, Shape{2, 67, 129}})
      cases.add(ops::Transpose{{0, 2, 1}}, {input(type, shape)}).named("tiles");
  cases.add(ops::Transpose{{2, 1, 3, 0}}, {input(f16, {18, 3, 20, 2})}).named("tiles of inner and outer axes");
  cases.add(ops::Transpose{{4, 1, 3, 0, 2}}, {input(f32, {2, 3, 4, 5, 6})});
  cases.add(ops::Transpose{{5, 4, 3, 2, 1, 0}}, {input(f32, {1, 2, 1, 3, 1, 2})}).named("sizes of one");
  cases.add(ops::Transpose{}, {input(f32, {})}).named("a scalar");
  cases.add(ops::Transpose{{1, 0}}, {input(f32, {0, 3})}).named("nothing");
  cases.add(ops::Transpose{{1, 0}}, {input(f32, {n, 3})}).runs({{{"N", 1}}, {{"N", 40}}});
  cases.add(ops::Transpose{{0, 0}}, {input(f32, {2, 3})}).fails("no permutation");
  cases.add(ops::Transpose{{0}}, {input(f32, {2, 3})}).fails("rank 2");
}

}  // namespace burnish::suite
