// Selecting, counting and making elements: TopK, NonMaxSuppression, NonZero, OneHot, CumSum, Trilu, Range, Shape, ConstantOfShape,
// DepthToSpace and SpaceToDepth.
#include "ops/constant_of_shape.h"
#include "ops/cum_prod.h"
#include "ops/cum_sum.h"
#include "ops/depth_to_space.h"
#include "ops/eye_like.h"
#include "ops/max_unpool.h"
#include "ops/non_max_suppression.h"
#include "ops/one_hot.h"
#include "ops/range.h"
#include "ops/reverse_sequence.h"
#include "ops/shape.h"
#include "ops/space_to_depth.h"
#include "ops/top_k.h"
#include "ops/trilu.h"
#include "suite/suite.h"

namespace burnish::suite {

const Dim n = Dim::symbol("N");

BURNISH_CASES(top_k) {
  for (const bool largest : {true, false})
    for (const int64_t axis : {0, 1, -1})
      for (const DType type : {f32, i64})
        cases.add(ops::TopK{axis, largest}, {input(type, {6, 7, 9}), list({3})}).with_outputs(2).named("with ties");
  for (const int64_t k : {0, 1, 100}) cases.add(ops::TopK{}, {input(f32, {2, 100}), list({k})}).with_outputs(2);
  cases.add(ops::TopK{}, {input(f32, {2, 1000}).between(-1000, 1000), list({10})}).with_outputs(2);
  for (const DType type : {f32, f64, f16, i8, u8, i32, u64}) {
    cases.add(ops::TopK{0}, {input(type, {5000, 2}).between(0, 100), list({70})}).with_outputs(2).named("rounds");
    cases.add(ops::TopK{-1, false}, {input(type, {2, 3000}).between(0, 100), list({1500})}).with_outputs(2).named("whole rows");
  }
  cases.add(ops::TopK{}, {input(f32, {2000}).between(-100, 100), list({2000})}).with_outputs(2).named("a sort");
  cases.add(ops::TopK{}, {input(f32, {9000}).between(-1000, 1000), list({9000})}).with_outputs(2).named("a long sort");
  cases.add(ops::TopK{}, {input(f32, {30000}).between(-1000, 1000), list({1000})}).with_outputs(2).named("three rounds");
  cases.add(ops::TopK{}, {input(f32, {n, 8}), list({2})}).with_outputs(2).runs({{{"N", 1}}, {{"N", 5}}});
  cases.add(ops::TopK{}, {input(f32, {2, 4}), list({5})}).with_outputs(2).fails("k is 5, but axis 1 has size 4");
  cases.add(ops::TopK{}, {input(f32, {2, 4}), list({-1})}).with_outputs(2).fails("k is -1");
}

BURNISH_CASES(non_max_suppression) {
  const Input limit = list({3});
  const Input overlap = constant<float>({1}, {0.25F});
  const Input score = constant<float>({1}, {0.0F});
  for (const bool center : {false, true}) {
    cases.add(ops::NonMaxSuppression{center}, {input(f32, {1, 20, 4}).between(0, 8), input(f32, {1, 2, 20}), limit, overlap, score});
    cases.add(ops::NonMaxSuppression{center}, {input(f32, {2, 9, 4}).between(0, 8), input(f32, {2, 3, 9}), limit, overlap});
  }
  cases.add(ops::NonMaxSuppression{}, {input(f32, {1, 5, 4}), input(f32, {1, 1, 5})}).named("without a limit nothing is chosen");
  cases.add(ops::NonMaxSuppression{}, {input(f32, {1, 5, 3}), input(f32, {1, 1, 5}), limit}).fails("boxes must be");
}

BURNISH_CASES(selection) {
  for (const int64_t axis : {0, 1, -1}) cases.add(ops::OneHot{axis}, {indices(5, {2, 3}), scalar(5), constant<float>({2}, {-1, 2})});
  cases.add(ops::OneHot{}, {indices(9, {4}), list({3}), constant<int64_t>({2}, {0, 1})}).named("some outside");
  for (const bool exclusive : {false, true})
    for (const bool reverse : {false, true})
      for (const DType type : {f32, i32}) cases.add(ops::CumSum{exclusive, reverse}, {input(type, {3, 11, 2}), scalar(1)}).sums(11);
  for (const DType type : {f32, i64, f16})
    for (const bool reverse : {false, true}) {
      cases.add(ops::CumSum{true, reverse}, {input(type, {2, 700}).between(0, 2), scalar(-1)}).sums(700).named("long rows");
      cases.add(ops::CumProd{false, reverse}, {input(type, {300, 3}).between(1, 1), scalar(0)}).sums(300);
    }
  cases.add(ops::CumSum{}, {input(f32, {1, 17000}), scalar(0)}).named("many short rows");
  for (const DType type : {f32, u8})
    for (const int64_t k : {-2, 0, 3}) cases.add(ops::EyeLike{type, k}, {input(f32, {4, 6})});
  for (const bool time_first : {false, true})
    for (const DType type : {f32, i8})
      cases.add(ops::ReverseSequence{time_first}, {input(type, {4, 4, 5}), constant<int64_t>({4}, {4, 1, 0, 3})});
  ops::MaxUnpool unpool;
  unpool.kernel = {2, 2};
  unpool.strides = {2, 2};
  const Input places = constant<int64_t>({1, 2, 2, 2}, {5, 7, 13, 8, 16, 18, 26, 31});
  cases.add(unpool, {input(f32, {1, 2, 2, 2}), places});
  cases.add(unpool, {input(f16, {1, 2, 2, 2}), places, list({1, 2, 5, 6})}).named("a larger output");
  for (const bool upper : {false, true})
    for (const int64_t k : {-7, -1, 0, 2, 9}) cases.add(ops::Trilu{upper}, {input(f32, {2, 5, 6}), scalar(k)});
  cases.add(ops::Trilu{}, {input(i64, {4, 3})}).named("the diagonal by default");
  cases.add(ops::Range{}, {scalar(3), scalar(10), scalar(2)});
  cases.add(ops::Range{}, {scalar(3), scalar(-10), scalar(-4)});
  cases.add(ops::Range{}, {constant<float>({}, {0.5F}), constant<float>({}, {2}), constant<float>({}, {0.25F})});
  cases.add(ops::Range{}, {scalar(3), scalar(3), scalar(1)}).named("nothing");
  cases.add(ops::Range{}, {scalar(0), given(Tensor::of<int64_t>({}, {5})), scalar(1)}).named("a limit known while running");
  cases.add(ops::Range{}, {scalar(0), scalar(5), scalar(0)}).fails("delta of Range is 0");
  cases.add(ops::ShapeOf{}, {input(f32, {n, 3, 4})}).runs({{{"N", 0}}, {{"N", 7}}});
  cases.add(ops::ShapeOf{1, -1}, {input(f32, {2, 3, 4, 5})});
  cases.add(ops::ConstantOfShape{.dtype = f32, .value = 1.5}, {list({2, 3})});
  cases.add(ops::ConstantOfShape{.dtype = i64, .integer = -7}, {given(Tensor::of<int64_t>({2}, {4, 0}))});
  cases.add(ops::ConstantOfShape{}, {list({2, -3})}).fails("negative");
  cases.add(ops::ConstantOfShape{}, {list({INT64_MAX, INT64_MAX})}).fails("too many elements");
}

BURNISH_CASES(depth_to_space) {
  for (const int64_t block : {1, 2, 3}) {
    for (const bool columns : {false, true}) cases.add(ops::DepthToSpace{block, columns}, {input(f32, {2, 5 * block * block, 3, 4})});
    for (const DType type : {f32, i8}) cases.add(ops::SpaceToDepth{block}, {input(type, {2, 5, 3 * block, 4 * block})});
  }
  cases.add(ops::DepthToSpace{2}, {input(f32, {1, 6, 3, 3})}).fails("do not divide");
  cases.add(ops::SpaceToDepth{2}, {input(f32, {1, 1, 3, 4})}).fails("does not divide");
  cases.add(ops::SpaceToDepth{0}, {input(f32, {1, 1, 4, 4})}).fails("block size 0");
}

}  // namespace burnish::suite
