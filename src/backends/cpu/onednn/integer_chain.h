// What follows an integer product, as one scale and bias for each output channel and a short chain of post-ops: the result's quantization,
// activations, and sums with other quantized tensors. Scaling is moved as far to the front as it goes, and what the conversion to bytes does
// anyway (rounding, saturating) is dropped. Tactics of integer products ask whether an epilogue is such a chain, then bind it.
// It takes the whole epilogue or refuses with a reason; results are within one step of the reference.
#pragma once

#include "backends/cpu/onednn/onednn.h"

namespace burnish::cpu::onednn {

struct IntegerStep {
  /// a*x + b; between a and b; to even; oneDNN's own; + an operand; + a times what the output holds before
  enum class Kind : uint8_t { linear, clip, round, eltwise, add, accumulate };
  Kind kind = Kind::linear;
  double a = 1;
  double b = 0;
  dnnl::algorithm algorithm = dnnl::algorithm::undef;
  size_t input = 0;  // of the request: what is added or accumulated on, all elements of the output
};

struct IntegerChain {
  Verdict verdict = Verdict::yes();
  std::vector<double> scale, bias;    // one, or one for each output channel, applied to the exact sum
  std::optional<size_t> scale_input;  // of the request: a number known only while running, which multiplies the scale
  std::vector<IntegerStep> steps;
  DType result = DType::f32;  // u8, i8: rounded to even and saturated at the end
};

/// For a request whose anchor is an integer product with known scale and bias; `axis` is that of the output's channels.
IntegerChain integer_chain(const OpRequest& request, size_t axis);

/// The same chain with the added tensor in the output's place, which takes fewer steps. Nothing where there is not one such tensor, of bytes like the
/// result.
std::optional<IntegerChain> accumulating(const OpRequest& request, const IntegerChain& chain);
/// The request input that the output must hold before; nothing where there is none.
std::optional<size_t> accumulated_input(const IntegerChain& chain);

}  // namespace burnish::cpu::onednn
