// Pad: every mode, pads larger than the data, negative pads, single axes, fill values of many types, empty data.
#include "ops/pad.h"

#include "suite/suite.h"

namespace burnish::suite {

const Dim n = Dim::symbol("N");

BURNISH_CASES(pad) {
  using enum ops::PadMode;
  for (const auto mode : {ops::PadMode::constant, reflect, edge, wrap}) {
    for (const DType type : {f32, f16, i32, u8, string}) cases.add(ops::Pad{mode}, {input(type, {3, 4, 5}), list({1, 0, 2, 0, 2, 1})});
    cases.add(ops::Pad{mode}, {input(f32, {1, 3, 7, 7}), list({0, 0, 3, 3, 0, 0, 3, 3})}).named("around an image");
    cases.add(ops::Pad{mode}, {input(f32, {3, 4}), list({7, 0, 0, 9})}).named("more than the data");
    cases.add(ops::Pad{mode}, {input(f32, {5, 6}), list({-1, 2, 0, -3})}).named("negative pads");
    cases.add(ops::Pad{mode}, {input(f32, {2, 3, 4}), list({1, 2}), omitted(), list({-1})}).named("one axis");
    cases.add(ops::Pad{mode}, {input(f32, {n, 4}), list({0, 1, 0, 1})}).runs({{{"N", 1}}, {{"N", 6}}});
  }
  cases.add(ops::Pad{}, {input(f32, {2, 3}), list({1, 1, 1, 1}), ::burnish::suite::constant<float>({}, {-7.5F})});
  cases.add(ops::Pad{}, {input(i64, {2, 3}), list({0, 1, 1, 0}), ::burnish::suite::constant<int64_t>({1}, {9})});
  cases.add(ops::Pad{}, {input(f32, {2, 3}), list({0, 0, 0, 0})}).named("no pads");
  cases.add(ops::Pad{}, {input(f32, {0, 3}), list({2, 0, 0, 0})}).named("nothing, filled");
  cases.add(ops::Pad{edge}, {input(f32, {0, 3}), list({2, 0, 0, 0})}).fails("axis 0 is empty");
  cases.add(ops::Pad{}, {input(f32, {2, 3}), list({1, 1})}).fails("2 axes need 4");
  cases.add(ops::Pad{}, {input(f32, {2, 3}), list({-3, 0, 0, 0})}).fails("negative");
}

}  // namespace burnish::suite
