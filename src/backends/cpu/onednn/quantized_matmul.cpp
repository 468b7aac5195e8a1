// Products of a matrix of bytes with constant weights by oneDNN: exact sums, and everything up to the quantized result as post-ops. All rows of
// all batches make one product. A zero point of x is subtracted by oneDNN, in integers.
#include <algorithm>

#include "backends/cpu/onednn/integer_chain.h"
#include "base/error.h"
#include "ops/quantized.h"
#include "tactics/registry.h"

namespace burnish::cpu {
namespace {

using namespace onednn;
using dnnl::memory;
using Index = ops::QuantizedOperand::Index;

struct Problem {
  int64_t rows = 0, inner = 0, columns = 0;
  bool transposed = false;  // weights lie [columns, inner]
  IntegerChain chain;
  int64_t zero_point = 0;
};

bool has(const OpRequest& request, size_t index) { return request.anchor_inputs > index and request.inputs[index].present; }

Problem problem_of(const OpRequest& request) {
  const Dims x = request.dims(Index::x);
  Problem problem;
  problem.transposed = request.op.as<ops::QuantizedMatMul>()->transpose_b;
  problem.inner = x.back();
  problem.rows = element_count(x) / std::max<int64_t>(1, problem.inner);
  problem.columns = request.output_dims().back();
  problem.chain = integer_chain(request, request.output_dims().size() - 1);
  if (has(request, Index::zero_point)) problem.zero_point = request.inputs[Index::zero_point].constant->integer(0);
  return problem;
}

struct Plan {
  dnnl::matmul::primitive_desc descriptor;
  IntegerNumbers numbers;
};

class OnednnQuantizedMatMul final : public tactics::Tactic {
 public:
  std::string_view id() const override { return "cpu.onednn.quantized_matmul"; }
  uint32_t revision() const override { return 1; }

  Verdict supports(const OpRequest& request) const override {
    const auto* product = request.op.as<ops::QuantizedMatMul>();
    if (product == nullptr) return Verdict::no("not a matrix product of bytes");
    if (not sums_bytes_exactly()) return Verdict::no("this processor has no instructions for exact products of bytes");
    if (product->transpose_a) return Verdict::no("the left operand is transposed");
    if (request.inputs[Index::x].constant != nullptr) return Verdict::no("the input is constant");
    for (size_t i = Index::w; i < request.anchor_inputs; ++i)
      if (request.inputs[i].present and request.inputs[i].constant == nullptr) return Verdict::no("weights or scales are not constant");
    if (element_count(request.output_dims()) == 0 or element_count(request.dims(0)) == 0) return Verdict::no("empty tensors");
    return integer_chain(request, request.output_dims().size() - 1).verdict;
  }

  void variants(const OpRequest& request, VariantSink& sink) const override {
    const Problem problem = problem_of(request);
    auto found = plan(request, problem);
    if (not found) return sink.refuse("bytes", "oneDNN has no implementation");
    const ThreadScope threads(request.target.threads);
    for_each_implementation(found->descriptor, [&] {
      if (sums_bytes_exactly(found->descriptor.impl_info_str())) offer(request, problem, *found, sink);
    });
    if (sink.variants.empty()) sink.refuse("bytes", "oneDNN has only reference implementations, or inexact ones");
  }

  std::unique_ptr<Kernel> build(BuildContext& context, const OpRequest& request, const Variant& variant) const override {
    const Problem problem = problem_of(request);
    auto chosen = plan(request, problem);
    const ThreadScope threads(context.threads());
    if (not chosen or not choose_implementation(chosen->descriptor, variant.knobs))
      fail("oneDNN {} no longer offers the product {}", version_text(), variant.text());
    const auto& descriptor = chosen->descriptor;
    KernelBuilder builder(context, request);
    const Tensor& weights = *request.inputs[Index::w].constant;
    const Dims dims{problem.inner, problem.columns};
    const Dims strides = problem.transposed ? Dims{1, problem.inner} : Dims{problem.columns, 1};
    const std::string how =
        fmt::format("weights for {} {}", name_of(request.inputs[Index::x].type.dtype), chosen->numbers.zero_point.has_value());
    builder.input(DNNL_ARG_SRC, Index::x, descriptor.src_desc());
    builder.made(
        DNNL_ARG_WEIGHTS, how, std::array{size_t{Index::w}}, [&] { return weights; }, strided(dims, DType::i8, strides),
        descriptor.weights_desc());
    builder.output(DNNL_ARG_DST, 0, descriptor.dst_desc());
    bind_numbers(builder, request, chosen->numbers, descriptor.bias_desc());
    bind_operands(builder, problem.chain, describe_operand(request, problem));
    return builder.finish(dnnl::matmul(descriptor), descriptor.scratchpad_desc());
  }

 private:
  static DescribeOperand describe_operand(const OpRequest& request, const Problem& problem) {
    return [&request, dims = Dims{problem.rows, problem.columns}](size_t input) { return plain(dims, request.inputs[input].type.dtype); };
  }

  static std::optional<Plan> plan(const OpRequest& request, const Problem& problem) {
    Plan found;
    found.numbers = {problem.chain.scale, problem.chain.bias, {}};
    if (problem.zero_point != 0) found.numbers.zero_point = problem.zero_point;
    found.numbers.bias.resize(static_cast<size_t>(problem.columns), found.numbers.bias[0]);
    const bool biased = std::ranges::any_of(found.numbers.bias, [](double value) { return value != 0; });
    dnnl::primitive_attr attributes = basic_attributes();
    attributes.set_scales_mask(DNNL_ARG_WEIGHTS, found.numbers.scale.size() == 1 ? 0 : 2);
    if (found.numbers.zero_point) attributes.set_zero_points_mask(DNNL_ARG_SRC, 0);
    attributes.set_post_ops(post_ops_of(problem.chain, describe_operand(request, problem)));
    const memory::desc bias = biased ? plain(Dims{1, problem.columns}, DType::f32) : memory::desc();
    const ThreadScope threads(request.target.threads);
    found.descriptor = {engine(),
                        plain(Dims{problem.rows, problem.inner}, request.inputs[Index::x].type.dtype),
                        any_layout(Dims{problem.inner, problem.columns}, DType::i8),
                        bias,
                        plain(Dims{problem.rows, problem.columns}, problem.chain.result),
                        attributes,
                        true};
    if (not found.descriptor) return {};
    return found;
  }

  static void offer(const OpRequest& request, const Problem& problem, const Plan& found, VariantSink& sink) {
    Variant variant = plain_variant(request);
    variant.outputs[0].storage = problem.chain.result;
    variant.knobs = implementation_knob(found.descriptor.impl_info_str());
    variant.workspace = static_cast<int64_t>(found.descriptor.scratchpad_desc().get_size());
    const double flops =
        2.0 * static_cast<double>(problem.rows) * static_cast<double>(problem.inner) * static_cast<double>(problem.columns);
    variant.estimate = estimate(request, variant, {DType::i8, problem.chain.result, false}, found.descriptor.impl_info_str(), flops);
    sink.offer(std::move(variant));
  }
};

}  // namespace

void register_quantized_matmul(tactics::Registry& registry) { registry.add(std::make_unique<OnednnQuantizedMatMul>()); }

}  // namespace burnish::cpu
