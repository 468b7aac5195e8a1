// Attention: softmax(scale * Q K^T + mask) V, without ever being asked for the scores. Recognized by passes; ONNX Attention 23 maps to it.
// Inputs: Q [B,H,S,D], K [B,H,T,D] (or [B,H,D,T] with transposed_k), V [B,H,T,E], optional mask that broadcasts to [B,H,S,T]:
// added where it is floating, kept where true when boolean. Output [B,H,S,E]. The batch axes may also be fewer: [H,S,D] or [S,D].
#pragma once

#include "ops/fields.h"

namespace burnish::ops {

struct Attention {
  double scale = 1;
  bool causal = false;
  bool transposed_k = false;
  static constexpr auto fields =
      std::tuple{field("scale", &Attention::scale), field("causal", &Attention::causal), field("transposed_k", &Attention::transposed_k)};
};

}  // namespace burnish::ops
