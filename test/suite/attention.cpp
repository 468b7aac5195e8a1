// Attention: ranks, masks of both kinds and all broadcasts, causal, transposed keys, sizes that are no multiple of anything.
#include "ops/attention.h"

#include "suite/suite.h"

namespace burnish::suite {

BURNISH_CASES(attention) {
  const ops::Attention plain{.scale = 0.25};
  struct Size {
    int64_t queries, keys, width, values;
  };
  for (const auto& [s, t, d, e] : {Size{8, 8, 16, 16}, {1, 33, 64, 64}, {37, 37, 32, 32}, {5, 70, 24, 40}, {130, 130, 8, 8}}) {
    cases.add(plain, {input(f32, {2, 3, s, d}), input(f32, {2, 3, t, d}), input(f32, {2, 3, t, e})}).sums(t + d);
    cases.add(plain, {input(f32, {3, s, d}), input(f32, {3, t, d}), input(f32, {3, t, e})}).sums(t + d);
    cases.add(plain, {input(f32, {s, d}), input(f32, {t, d}), input(f32, {t, e})}).sums(t + d);
    cases
        .add(ops::Attention{.scale = 0.25, .transposed_k = true},
             {input(f32, {2, 3, s, d}), input(f32, {2, 3, d, t}), input(f32, {2, 3, t, e})})
        .sums(t + d);
    for (const Shape& mask : {Shape{2, 3, s, t}, Shape{1, 1, s, t}, Shape{2, 1, 1, t}, Shape{s, t}, Shape{1, t}})
      cases.add(plain, {input(f32, {2, 3, s, d}), input(f32, {2, 3, t, d}), input(f32, {2, 3, t, e}), input(f32, mask).between(-4, 0)})
          .sums(t + d);
  }
  cases
      .add(ops::Attention{.scale = 0.25, .causal = true},
           {input(f32, {1, 2, 40, 16}), input(f32, {1, 2, 40, 16}), input(f32, {1, 2, 40, 16})})
      .sums(56);
  // Each query keeps at least its first key.
  cases
      .add(plain, {input(f32, {1, 2, 3, 8}), input(f32, {1, 2, 4, 8}), input(f32, {1, 2, 4, 8}),
                   given(Tensor::of<bool>({3, 4}, {true, false, false, true, true, true, true, true, true, false, true, false}))})
      .named("a boolean mask")
      .sums(12);
  cases.add(plain, {input(f32, {1, 2, 3, 8}), input(f32, {1, 2, 4, 9}), input(f32, {1, 2, 4, 8})}).fails("");
  // More queries and keys than a tile holds, of depths that tensor cores take.
  const std::vector<Input> long_rows{input(f32, {2, 3, 70, 32}), input(f32, {2, 3, 150, 32}), input(f32, {2, 3, 150, 48})};
  cases.add(plain, long_rows).sums(182);
  for (const Shape& mask : {Shape{1, 3, 70, 150}, Shape{2, 1, 1, 150}}) {
    std::vector<Input> inputs = long_rows;
    inputs.push_back(input(f32, mask).between(-4, 0));
    cases.add(plain, inputs).sums(182);
    cases.add(ops::Attention{.scale = 0.25, .causal = true}, inputs).sums(182);
  }
}

}  // namespace burnish::suite
