// Gather, GatherElements, GatherND and their scatters: types, both ends of the axis range, negative and repeated indices, empty and scalar
// indices, a dynamic axis, every reduction.
#include "ops/gather.h"

#include "ops/gather_elements.h"
#include "ops/gather_nd.h"
#include "ops/scatter_elements.h"
#include "ops/scatter_nd.h"
#include "suite/suite.h"

namespace burnish::suite {

const Dim n = Dim::symbol("N");

BURNISH_CASES(gather) {
  for (const DType type : {f32, f16, i8, i64, f64, boolean, string})
    for (const int64_t axis : {0, 1, -1}) cases.add(ops::Gather{axis}, {input(type, {3, 4, 5}), constant<int64_t>({2, 2}, {1, 2, -2, 1})});
  for (const Input& data : {input(f32, {7, 16}), weights(f32, {7, 16}), input(f32, {7, 33})}) {
    cases.add(ops::Gather{}, {data, indices(7, {5})}).named("rows by runtime indices");
    cases.add(ops::Gather{}, {data, input(i32, {2, 3}).between(-7, 6)}).named("i32 indices");
  }
  cases.add(ops::Gather{1}, {input(f32, {2, 9, 3}), indices(9, {4})});
  cases.add(ops::Gather{}, {input(f32, {3, 4}), scalar(2)}).named("scalar index drops the axis");
  cases.add(ops::Gather{1}, {input(f32, {3, 4}), scalar(-1)}).named("last column");
  cases.add(ops::Gather{}, {input(f32, {3, 4}), list({})}).named("no index, empty result");
  cases.add(ops::Gather{}, {input(f32, {3, 0}), list({1})}).named("empty rows");
  cases.add(ops::Gather{}, {input(f32, {n, 4}), list({0, -1})}).runs({{{"N", 1}}, {{"N", 8}}, {{"N", 64}}});
  cases.add(ops::Gather{}, {input(f32, {3, 4}), list({3})}).fails("index 3 is out of range for axis 0 of size 3");
  cases.add(ops::Gather{}, {input(f32, {3, 4}), given(Tensor::of<int64_t>({1}, {-4}))})
      .fails("index -4 is out of range for axis 0 of size 3");
  cases.add(ops::Gather{2}, {input(f32, {3, 4}), list({0})}).fails("axis 2 is out of range for rank 2");
}

BURNISH_CASES(gather_elements) {
  for (const DType type : {f32, u8, i64, string})
    for (const int64_t axis : {0, 1, -1}) cases.add(ops::GatherElements{axis}, {input(type, {4, 4, 5}), indices(4, {4, 4, 3})});
  cases.add(ops::GatherElements{1}, {input(f32, {2, 300}), indices(300, {2, 7})});
  cases.add(ops::GatherElements{}, {input(f32, {3}), list({})}).named("no index");
  cases.add(ops::GatherElements{0}, {input(f32, {3, 2}), indices(3, {1, 3})}).fails("do not fit data");
}

BURNISH_CASES(gather_nd) {
  for (const DType type : {f32, i32, string}) {
    cases.add(ops::GatherND{}, {input(type, {3, 4, 5}), indices(3, {6, 1})});
    cases.add(ops::GatherND{}, {input(type, {3, 4, 5}), indices(3, {2, 2, 3})});
    cases.add(ops::GatherND{1}, {input(type, {2, 4, 5}), indices(4, {2, 3, 1})});
    cases.add(ops::GatherND{2}, {input(type, {2, 2, 4, 3}), indices(4, {2, 2, 1})});
  }
  cases.add(ops::GatherND{}, {input(f32, {3, 4}), indices(3, {2, 3})}).fails("3 coordinates");
}

BURNISH_CASES(scatter) {
  using enum ops::ScatterReduction;
  for (const auto reduction : {none, add, mul, max, min})
    for (const DType type : {f32, i32, i8}) {
      cases.add(ops::ScatterND{reduction}, {input(type, {5, 4}), constant<int64_t>({3, 1}, {0, 4, 2}), input(type, {3, 4})});
      cases.add(ops::ScatterElements{1, reduction},
                {input(type, {3, 5}), constant<int64_t>({3, 2}, {0, 4, 1, -1, 3, 2}), input(type, {3, 2})});
    }
  cases.add(ops::ScatterND{add}, {input(f32, {4}), constant<int64_t>({3, 1}, {1, 1, 1}), input(f32, {3})}).named("repeated indices add up");
  cases.add(ops::ScatterND{}, {input(f32, {2, 3, 4}), constant<int64_t>({2, 3}, {0, 0, 0, 1, 2, 3}), input(f32, {2})})
      .named("single elements");
  // Many updates of few places, and indices that are known only while running.
  std::vector<int64_t> repeated;
  for (int64_t i = 0; i < 300; ++i) repeated.push_back(i * 7 % 5);
  const Tensor places = Tensor::of<int64_t>({300}, std::span<const int64_t>(repeated));
  for (const auto reduction : {add, ops::ScatterReduction::max}) {
    cases.add(ops::ScatterElements{0, reduction}, {input(f32, {6}), given(places), input(f32, {300})}).sums(60);
    cases.add(ops::ScatterND{reduction}, {input(f32, {6, 3}), given(places.reshaped({300, 1})), input(f32, {300, 3})}).sums(60);
  }
  cases.add(ops::ScatterElements{1}, {input(f16, {3, 400}), indices(400, {3, 1}), input(f16, {3, 1})});
  cases.add(ops::ScatterElements{0}, {weights(i32, {5, 4}), indices(5, {1, 3}), weights(i32, {1, 3})}).named("constant data");
  cases.add(ops::ScatterND{}, {input(f32, {40, 8}), given(Tensor::of<int64_t>({3, 1}, {39, -40, 7})), input(f32, {3, 8})});
  cases.add(ops::ScatterND{}, {input(f32, {9, 40, 500}), constant<int64_t>({4, 1}, {7, 3, -2, 3}), input(f32, {4, 40, 500})})
      .named("the later wins");
  cases.add(ops::ScatterND{}, {input(i8, {9, 3}), indices(3, {5, 1, 2}), input(i8, {5, 1})}).named("many rows");
  cases.add(ops::ScatterND{add}, {input(bf16, {4, 5}), indices(4, {6, 2}, true), input(bf16, {6})}).sums(6);
  cases.add(ops::ScatterElements{-1}, {input(string, {2, 3}), constant<int64_t>({2, 1}, {0, 2}), input(string, {2, 1})});
  cases.add(ops::ScatterND{}, {input(f32, {4, 4}), constant<int64_t>({1, 1}, {4}), input(f32, {1, 4})}).fails("index 4 is out of range");
}

}  // namespace burnish::suite
