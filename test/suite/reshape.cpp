// Views and copies that repeat: Reshape, Squeeze, Unsqueeze, Flatten, Identity, Expand, Tile; static, dynamic and empty.
#include "ops/reshape.h"

#include "ops/expand.h"
#include "ops/flatten.h"
#include "ops/identity.h"
#include "ops/squeeze.h"
#include "ops/tile.h"
#include "ops/unsqueeze.h"
#include "suite/suite.h"

namespace burnish::suite {

const Dim n = Dim::symbol("N");

BURNISH_CASES(reshape) {
  for (const DType type : {f32, f16, i8, i64, string}) {
    cases.add(ops::Reshape{}, {input(type, {2, 3, 4}), list({4, 6})});
    cases.add(ops::Reshape{}, {input(type, {2, 3, 4}), list({0, -1})});
    cases.add(ops::Flatten{2}, {input(type, {2, 3, 4})});
    cases.add(ops::Squeeze{}, {input(type, {1, 3, 1, 4}), list({0, -2})});
    cases.add(ops::Unsqueeze{}, {input(type, {3, 4}), list({0, -1})});
    cases.add(ops::Identity{}, {input(type, {3, 4})});
  }
  cases.add(ops::Reshape{.allow_zero = true}, {input(f32, {0, 3}), list({3, 0})});
  cases.add(ops::Reshape{}, {input(f32, {1}), list({})}).named("to a scalar");
  cases.add(ops::Reshape{}, {input(f32, {n, 3, 4}), list({-1, 12})}).runs({{{"N", 0}}, {{"N", 1}}, {{"N", 5}}});
  cases.add(ops::Reshape{}, {input(f32, {n, 12, 64}), list({0, -1, 4, 16})}).runs({{{"N", 1}}, {{"N", 5}}});
  cases.add(ops::Reshape{}, {input(f32, {6}), given(Tensor::of<int64_t>({2}, {2, 3}))}).named("a shape known while running");
  cases.add(ops::Flatten{0}, {input(f32, {2, 3})});
  cases.add(ops::Flatten{-1}, {input(f32, {2, 3, 4})});
  cases.add(ops::Flatten{}, {input(f32, {n, 3, 4})}).runs({{{"N", 1}}, {{"N", 5}}});
  cases.add(ops::Squeeze{}, {input(f32, {1, 3, 1})}).named("every axis of size 1");
  cases.add(ops::Reshape{}, {input(f32, {2, 3}), list({4, 2})}).fails("cannot be reshaped");
  cases.add(ops::Reshape{}, {input(f32, {2, 3}), list({-1, -1})}).fails("-1 at axes 0 and 1");
  cases.add(ops::Reshape{}, {input(f32, {2, 3}), list({4, -1})}).fails("cannot be reshaped");
  cases.add(ops::Squeeze{}, {input(f32, {2, 3}), list({0})}).fails("size is not 1");
  cases.add(ops::Unsqueeze{}, {input(f32, {2, 3}), list({4})}).fails("axis 4 is out of range");
  cases.add(ops::Flatten{3}, {input(f32, {2, 3})}).fails("out of range");
}

BURNISH_CASES(expand) {
  for (const DType type : {f32, f16, i8, i64, string}) {
    cases.add(ops::Expand{}, {input(type, {3, 1}), list({2, 1, 6})});
    cases.add(ops::Expand{}, {input(type, {}), list({4})});
    cases.add(ops::Tile{}, {input(type, {2, 3}), list({2, 3})});
  }
  cases.add(ops::Expand{}, {input(f32, {2, 3}), list({3})}).named("nothing to do");
  cases.add(ops::Expand{}, {input(f32, {1, 3}), list({0, 3})}).named("to nothing");
  cases.add(ops::Expand{}, {input(f32, {n, 1, 4}), list({1, 5, 1})}).runs({{{"N", 1}}, {{"N", 3}}});
  cases.add(ops::Tile{}, {input(f32, {2, 3, 5}), list({1, 4, 1})});
  cases.add(ops::Tile{}, {input(f32, {2, 3}), list({0, 2})}).named("to nothing");
  cases.add(ops::Expand{}, {input(f32, {2}), list({3})}).fails("broadcast");
  cases.add(ops::Tile{}, {input(f32, {2, 3}), list({1})}).fails("rank 2");
  cases.add(ops::Tile{}, {input(f32, {2}), list({-1})}).fails("-1 times");
}

}  // namespace burnish::suite
