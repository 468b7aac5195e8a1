// PackedAttention: self-attention over tokens whose queries, keys and values lie side by side, as one product makes them: the attention of
// each window of an image, or of all tokens, without the cuts, transposes, rolls and partitions that spell it out. Passes make it.
// Inputs: packed [B, spatial..., 3*heads*depth] (queries of all heads, then keys, then values), and optionally a floating mask that is added
// to the scores: up to four axes that broadcast to [groups, heads, T, T], where groups divides B times the windows of an image and repeats.
// Output [B, spatial..., heads*depth]. Tokens of a window are row-major within it, windows row-major within the image.
#pragma once

#include "ops/fields.h"
#include "tensor/shape.h"

namespace burnish::ops {

struct PackedAttention {
  int64_t heads = 1;
  double scale = 1;
  bool causal = false;
  std::vector<int64_t> window;  // along each spatial axis; empty: all tokens see one another
  std::vector<int64_t> shift;   // token i of an axis, counted window by window, lies at (i + shift) modulo the axis; empty: none
  static constexpr auto fields = std::tuple{field("heads", &PackedAttention::heads), field("scale", &PackedAttention::scale),
                                            field("causal", &PackedAttention::causal), field("window", &PackedAttention::window),
                                            field("shift", &PackedAttention::shift)};
};

/// Where the tokens of windows lie, for static sizes.
class TokenMap {
 public:
  TokenMap(const PackedAttention& op, std::span<const int64_t> packed);

  int64_t batch() const { return batch_; }
  int64_t windows() const { return windows_; }  // of one image
  int64_t tokens() const { return tokens_; }    // of one window
  int64_t image_tokens() const { return windows_ * tokens_; }
  int64_t depth() const { return depth_; }
  const Dims& extents() const { return extents_; }
  const Dims& window() const { return window_; }
  const Dims& shift() const { return shift_; }
  /// The row-major place in the image of one token of one window.
  int64_t place(int64_t window, int64_t token) const;

 private:
  int64_t batch_ = 0, windows_ = 1, tokens_ = 1, depth_ = 0;
  Dims extents_, window_, shift_, counts_;
};

}  // namespace burnish::ops
