// Attention and PackedAttention: ranks, masks of both kinds and all broadcasts, causal, transposed keys, sizes that are no multiple of anything.
#include "ops/attention.h"
#include "ops/packed_attention.h"

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

BURNISH_CASES(packed_attention) {
  struct Size {
    int64_t tokens, heads, depth;
  };
  for (const auto& [tokens, heads, depth] : {Size{37, 3, 16}, {5, 2, 24}, {130, 2, 64}, {197, 1, 32}, {66, 4, 7}}) {
    const ops::PackedAttention plain{.heads = heads, .scale = 0.25, .causal = false, .window = {}, .shift = {}};
    const Input packed = input(f32, {2, tokens, 3 * heads * depth});
    cases.add(plain, {packed}).sums(tokens + depth);
    cases.add(ops::PackedAttention{.heads = heads, .scale = 0.25, .causal = true, .window = {}, .shift = {}}, {packed})
        .sums(tokens + depth);
    for (const Shape& mask : {Shape{1, heads, tokens, tokens}, Shape{2, 1, 1, tokens}, Shape{tokens}})
      cases.add(plain, {packed, input(f32, mask).between(-4, 0)}).sums(tokens + depth);
  }
  // Windows as Swin has them: 7x7 tokens, rolled and not, with the mask of an image repeated for every image.
  for (const bool rolled : {false, true}) {
    ops::PackedAttention windows{.heads = 3, .scale = 0.25, .causal = false, .window = {7, 7}, .shift = {}};
    if (rolled) windows.shift = {3, 3};
    cases.add(windows, {input(f32, {2, 14, 21, 3 * 96})}).sums(81);
    cases.add(windows, {input(f32, {2, 14, 21, 3 * 96}), weights(f32, {6, 3, 49, 49}).between(-4, 0)}).sums(81);
    cases.add(windows, {input(f16, {2, 14, 21, 3 * 96}), input(f32, {6, 1, 49, 49}).between(-4, 0)}).sums(81);
    cases.add(windows, {input(bf16, {2, 7, 7, 3 * 96}), input(f32, {1, 3, 49, 49}).between(-4, 0)}).sums(81);
  }
  cases.add(ops::PackedAttention{.heads = 2, .scale = 1, .causal = false, .window = {2, 3}, .shift = {1, 2}}, {input(f32, {1, 4, 6, 30})})
      .sums(11);
  cases.add(ops::PackedAttention{.heads = 2, .scale = 1, .causal = false, .window = {4}, .shift = {}}, {input(f32, {3, 12, 48})}).sums(12);
  cases.add(ops::PackedAttention{.heads = 5, .scale = 1, .causal = false, .window = {}, .shift = {}}, {input(f32, {1, 4, 48})})
      .fails("48 columns are not queries, keys and values of 5 heads");
  cases.add(ops::PackedAttention{.heads = 2, .scale = 1, .causal = false, .window = {5}, .shift = {}}, {input(f32, {1, 12, 48})})
      .fails("windows of 5 do not divide axis 1");
}

}  // namespace burnish::suite
