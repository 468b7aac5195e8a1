// RoiAlign: means and maxima, fixed and adaptive sampling, both coordinate rules, regions inside, outside and turned around.
#include "ops/roi_align.h"

#include "suite/suite.h"

namespace burnish::suite {

BURNISH_CASES(roi_align) {
  for (const bool half_pixel : {true, false})
    for (const bool maximum : {false, true})
      for (const int64_t samples : {0, 1, 2, 3}) {
        const ops::RoiAlign op{.height = 3, .width = 4, .samples = samples, .scale = 0.5, .half_pixel = half_pixel, .maximum = maximum};
        cases.add(op, {input(f32, {2, 5, 9, 11}), input(f32, {7, 4}).between(-4, 26), indices(2, {7}, true)}).sums(40);
      }
  const ops::RoiAlign seven{.height = 7, .width = 7, .samples = 2, .scale = 0.25, .half_pixel = false};
  for (const int64_t channels : {1, 16, 64, 100, 256})
    cases.add(seven, {input(f32, {1, channels, 10, 12}), input(f32, {9, 4}).between(0, 48), indices(1, {9}, true)}).sums(16);
  cases.add(seven, {input(f32, {3, 8, 1, 1}), input(f32, {4, 4}).between(-8, 8), indices(3, {4}, true)}).sums(16).named("a single pixel");
  cases.add(seven, {input(f32, {1, 8, 6, 6}), input(f32, {0, 4}), indices(1, {0}, true)}).named("no regions");
  cases.add(seven, {input(f32, {1, 8, 6, 6}), input(f32, {200, 4}).between(0, 24), indices(1, {200}, true)}).sums(16).named("many regions");
  cases.add(seven, {input(f64, {1, 3, 6, 6}), input(f64, {2, 4}).between(0, 24), indices(1, {2}, true)}).sums(16);
  cases.add(seven, {input(f32, {1, 3, 6, 6}), input(f32, {2, 4}), constant<int64_t>({2}, {0, 1})}).fails("batch index 1");
}

}  // namespace burnish::suite
