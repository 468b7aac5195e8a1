// What the tactics of integer products share: which requests they take, the attributes and operands that are not a matter of geometry, and
// oneDNN's implementations, one variant each. A scale and a zero point of x may be known only while running: oneDNN reads both then.
// Called by the tactics of convolutions and matrix products of bytes, which add shapes and layouts.
#pragma once

#include <array>

#include "backends/cpu/onednn/integer_chain.h"
#include "base/error.h"
#include "ops/quantized.h"

namespace burnish::cpu::onednn {

struct IntegerProduct {
  IntegerChain chain;  // its bias holds one value for each channel
  bool has_bias = false;
  bool has_zero_point = false;  // of x, which oneDNN subtracts in integers
  bool folded = false;          // its zero point is part of the bias
};

/// The epilogue's channels lie along `axis` of the output.
Verdict takes_integer_product(const OpRequest& request, size_t axis);
IntegerProduct integer_product(const OpRequest& request, size_t axis);
/// The same with the zero point of x in the bias: implementations for tiles know none. x must then be padded with its zero point. Nothing
/// where there is no zero point, or none is known. `weight_axis`: where output channels vary.
std::optional<IntegerProduct> zero_point_in_bias(const OpRequest& request, const IntegerProduct& product, size_t weight_axis);

/// The same with the added tensor in the output's place, where there is one.
std::optional<IntegerProduct> accumulating(const OpRequest& request, const IntegerProduct& product);

/// Post-ops for the chain; `operand` describes an added tensor (by request input).
using DescribeOperand = std::function<dnnl::memory::desc(size_t input)>;
dnnl::post_ops post_ops_of(const IntegerChain& chain, const DescribeOperand& operand);
void bind_operands(KernelBuilder& builder, const IntegerChain& chain, const DescribeOperand& operand);

/// `channel_mask`: oneDNN's for weight scales of each output channel.
dnnl::primitive_attr product_attributes(const IntegerProduct& product, int channel_mask, const DescribeOperand& operand);
/// Empty where there is no bias.
dnnl::memory::desc product_bias(const IntegerProduct& product, std::span<const int64_t> dims);

/// Scales, bias and zero point.
void bind_numbers(KernelBuilder& builder, const OpRequest& request, const IntegerProduct& product, const dnnl::memory::desc& bias);

/// oneDNN's implementations of one primitive, in its order of preference, references left out. Which is fastest, the clock knows better: with
/// few channels, tiles lose to vectors. The knob names the one of a variant, whether the zero point is in the bias, and whether a tensor is
/// added in place.
std::string product_knob(const IntegerProduct& product, std::string_view implementation);
bool is_folded(const Variant& variant);
bool is_accumulating(const Variant& variant);
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
bool choose_implementation(Descriptor& descriptor, const IntegerProduct& product, std::string_view knob) {
  do {
    if (product_knob(product, descriptor.impl_info_str()) == knob) return true;
  } while (descriptor.next_impl());
  return false;
}

bool has_tiles(std::string_view implementation);
/// Where a padded copy of x lies in the workspace: behind the scratchpad.
template <class Descriptor>
size_t padded_offset(const Descriptor& descriptor) {
  constexpr size_t line = 64;
  return (descriptor.scratchpad_desc().get_size() + line - 1) / line * line;
}

/// Whether sums of products of bytes are exact here: without these instructions pairs of products saturate in 16 bits.
bool sums_bytes_exactly();
/// Of one implementation: oneDNN offers those for older processors too.
bool sums_bytes_exactly(std::string_view implementation);

/// Offers a variant with the formats of `formats` for each implementation, or for those with tiles where the zero point is in the bias, which only
/// they gain from. `flops` tells how many operations one of them really does; `padded` is a copy of x in bytes.
template <class Descriptor, class Flops>
void offer_product(const OpRequest& request, const IntegerProduct& product, Descriptor& descriptor, const Variant& formats,
                   const Flops& flops, int64_t padded, VariantSink& sink) {
  if (not descriptor) return;
  const ThreadScope threads(request.target.threads);
  for_each_implementation(descriptor, [&] {
    const std::string_view implementation = descriptor.impl_info_str();
    if (not sums_bytes_exactly(implementation) or (product.folded and not has_tiles(implementation))) return;
    Variant variant = formats;
    variant.knobs = product_knob(product, implementation);
    if (const auto input = accumulated_input(product.chain)) variant.in_place = static_cast<int>(*input);
    variant.workspace = static_cast<int64_t>(padded_offset(descriptor)) + padded;
    variant.estimate = estimate(request, variant, {DType::i8, variant.outputs[0].storage, false}, implementation, flops(implementation));
    sink.offer(std::move(variant));
  });
}

/// The kernel of a variant. `weights` describes the constant as it is stored; with a border, x is copied into it.
template <class Primitive>
std::unique_ptr<Kernel> build_product(BuildContext& context, const OpRequest& request, const Variant& variant,
                                      const IntegerProduct& product, typename Primitive::primitive_desc descriptor,
                                      const dnnl::memory::desc& weights, const DescribeOperand& operand, const Border* border = nullptr) {
  using Index = ops::QuantizedOperand::Index;
  const ThreadScope threads(context.threads());
  if (not descriptor or not choose_implementation(descriptor, product, variant.knobs))
    fail("oneDNN {} no longer offers the integer product {}", version_text(), variant.text());
  KernelBuilder builder(context, request);
  const std::string how = fmt::format("weights for {} {}", name_of(request.inputs[Index::x].type.dtype), product.has_zero_point);
  if (border == nullptr) builder.input(DNNL_ARG_SRC, Index::x, descriptor.src_desc());
  else builder.bordered(DNNL_ARG_SRC, Index::x, *border, padded_offset(descriptor), descriptor.src_desc());
  builder.made(
      DNNL_ARG_WEIGHTS, how, std::array{size_t{Index::w}}, [&] { return *request.inputs[Index::w].constant; }, weights,
      descriptor.weights_desc());
  builder.output(DNNL_ARG_DST, 0, descriptor.dst_desc());
  bind_numbers(builder, request, product, descriptor.bias_desc());
  bind_operands(builder, product.chain, operand);
  if (const auto input = accumulated_input(product.chain)) builder.starts_from(*input);
  return builder.finish(Primitive(descriptor), descriptor.scratchpad_desc());
}

}  // namespace burnish::cpu::onednn
