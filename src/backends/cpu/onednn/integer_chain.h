// What follows an integer product, as one scale and bias for each output channel and a short chain of post-ops: the result's quantization,
// activations, and sums with other quantized tensors. Scaling is moved as far to the front as it goes, and what the conversion to bytes does
// anyway (rounding, saturating) is dropped. Tactics of integer products ask whether an epilogue is such a chain, then bind it.
// It takes the whole epilogue or refuses with a reason; results are within one step of the reference.
#pragma once

#include "backends/cpu/onednn/onednn.h"

namespace burnish::cpu::onednn {

struct IntegerStep {
  enum class Kind : uint8_t { linear, clip, round, eltwise, add };  // a*x + b; between a and b; to even; oneDNN's own; + an operand
  Kind kind = Kind::linear;
  double a = 1;
  double b = 0;
  dnnl::algorithm algorithm = dnnl::algorithm::undef;
  size_t input = 0;  // of the request: what is added, all elements of the output
};

struct IntegerChain {
  Verdict verdict = Verdict::yes();
  std::vector<double> scale, bias;  // one, or one for each output channel, applied to the exact sum
  std::vector<IntegerStep> steps;
  DType result = DType::f32;  // u8, i8: rounded to even and saturated at the end
};

/// For a request whose anchor is an integer product with known scale and bias; `axis` is that of the output's channels.
IntegerChain integer_chain(const OpRequest& request, size_t axis);

/// Post-ops for the chain; `operand` describes an added tensor (by request input).
using DescribeOperand = std::function<dnnl::memory::desc(size_t input)>;
dnnl::post_ops post_ops_of(const IntegerChain& chain, const DescribeOperand& operand);
void bind_operands(KernelBuilder& builder, const IntegerChain& chain, const DescribeOperand& operand);

/// What a kernel of an integer product binds besides its tensors.
struct IntegerNumbers {
  std::vector<double> scale;  // of the weights
  std::vector<double> bias;
  std::optional<int64_t> zero_point;  // of x, where oneDNN subtracts it
};
void bind_numbers(KernelBuilder& builder, const OpRequest& request, const IntegerNumbers& numbers, const dnnl::memory::desc& bias);

/// oneDNN's implementations of one primitive, in its order of preference, references left out. Which is fastest, the clock knows better: with
/// few channels, tiles lose to vectors. The knob names the one of a variant.
std::string implementation_knob(std::string_view implementation);
template <class Descriptor, class Work>
void for_each_implementation(Descriptor& descriptor, const Work& work) {
  constexpr int most = 3;
  int offered = 0;
  do {
    if (is_reference(descriptor.impl_info_str())) continue;
    work();
    ++offered;
  } while (offered < most and descriptor.next_impl());
}
/// Moves on to the implementation that the knob names; false where there is none.
template <class Descriptor>
bool choose_implementation(Descriptor& descriptor, std::string_view knob) {
  do {
    if (implementation_knob(descriptor.impl_info_str()) == knob) return true;
  } while (descriptor.next_impl());
  return false;
}
/// How much longer a product takes because tiles are filled up to 64 bytes along the summed axis.
double filled_up(std::string_view implementation, int64_t summed);

/// Whether sums of products of bytes are exact here: without these instructions pairs of products saturate in 16 bits.
bool sums_bytes_exactly();
/// Of one implementation: oneDNN offers those for older processors too.
bool sums_bytes_exactly(std::string_view implementation);

}  // namespace burnish::cpu::onednn
