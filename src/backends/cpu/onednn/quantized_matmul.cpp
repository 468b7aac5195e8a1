// Products of a matrix of bytes with constant weights by oneDNN: exact sums, and everything up to the quantized result as post-ops. All rows of
// all batches make one product.
#include <algorithm>

#include "backends/cpu/onednn/integer_product.h"
#include "tactics/registry.h"

namespace burnish::cpu {
namespace {

using namespace onednn;
using Index = ops::QuantizedOperand::Index;

struct Problem {
  int64_t rows = 0, inner = 0, columns = 0;
  bool transposed = false;  // weights lie [columns, inner]
  IntegerProduct product;
};

size_t channel_axis(const OpRequest& request) { return request.output_dims().size() - 1; }

Problem problem_of(const OpRequest& request) {
  const Dims x = request.dims(Index::x);
  const int64_t inner = x.back();
  return {.rows = element_count(x) / std::max<int64_t>(1, inner),
          .inner = inner,
          .columns = request.output_dims().back(),
          .transposed = request.op.as<ops::QuantizedMatMul>()->transpose_b,
          .product = integer_product(request, channel_axis(request))};
}

DescribeOperand describe_operand(const OpRequest& request, const Problem& problem) {
  return [&request, dims = Dims{problem.rows, problem.columns}](size_t input) { return plain(dims, request.inputs[input].type.dtype); };
}

dnnl::matmul::primitive_desc plan(const OpRequest& request, const Problem& problem) {
  constexpr int columns = 2;
  const ThreadScope threads(request.target.threads);
  return {engine(),
          plain(Dims{problem.rows, problem.inner}, request.inputs[Index::x].type.dtype),
          any_layout(Dims{problem.inner, problem.columns}, DType::i8),
          product_bias(problem.product, Dims{1, problem.columns}),
          plain(Dims{problem.rows, problem.columns}, problem.product.chain.result),
          product_attributes(problem.product, columns, describe_operand(request, problem)),
          true};
}

class OnednnQuantizedMatMul final : public tactics::Tactic {
 public:
  std::string_view id() const override { return "cpu.onednn.quantized_matmul"; }
  uint32_t revision() const override { return 1; }

  Verdict supports(const OpRequest& request) const override {
    const auto* product = request.op.as<ops::QuantizedMatMul>();
    if (product == nullptr) return Verdict::no("not a matrix product of bytes");
    if (product->transpose_a) return Verdict::no("the left operand is transposed");
    return takes_integer_product(request, channel_axis(request));
  }

  void variants(const OpRequest& request, VariantSink& sink) const override {
    const Problem problem = problem_of(request);
    auto descriptor = plan(request, problem);
    Variant formats = plain_variant(request);
    formats.outputs[0].storage = problem.product.chain.result;
    const double flops =
        2.0 * static_cast<double>(problem.rows) * static_cast<double>(problem.inner) * static_cast<double>(problem.columns);
    offer_product(request, problem.product, descriptor, formats, [&](std::string_view) { return flops; }, 0, sink);
    if (sink.variants.empty()) sink.refuse("bytes", "oneDNN has only reference implementations, or inexact ones");
  }

  std::unique_ptr<Kernel> build(BuildContext& context, const OpRequest& request, const Variant& variant) const override {
    const Problem problem = problem_of(request);
    const Dims strides = problem.transposed ? Dims{1, problem.inner} : Dims{problem.columns, 1};
    return build_product<dnnl::matmul>(context, request, variant, problem.product, plan(request, problem),
                                       strided(Dims{problem.inner, problem.columns}, DType::i8, strides),
                                       describe_operand(request, problem));
  }
};

}  // namespace

void register_quantized_matmul(tactics::Registry& registry) { registry.add(std::make_unique<OnednnQuantizedMatMul>()); }

}  // namespace burnish::cpu
