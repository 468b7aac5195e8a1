// CumSum and CumProd on the GPU: floats run in f64, integers in 64 bits; a thread for each row where rows are many, else a block. Row-major.
#include <algorithm>

#include "backends/cuda/kernels/formats.h"
#include "backends/cuda/kernels/moves.h"
#include "backends/cuda/kernels/one_launch.h"
#include "backends/cuda/kernels/positional.h"
#include "backends/cuda/nvrtc/expr_source.h"
#include "ops/axes.h"
#include "ops/cum_prod.h"
#include "ops/cum_sum.h"
#include "tactics/registry.h"

namespace burnish::cuda {

std::string cumulative_source(const CumulativeShape& shape) {
  return fmt::format(
      "#include \"positional.cuh\"\n"
      "extern \"C\" __global__ void __launch_bounds__(256) kernel(const {0}* from, {0}* to, u32 rows, u32 extent, u32 inner) {{\n"
      "  release_next();\n  wait_for_inputs();\n  accumulate_{1}<{2}, {3}, {4}>(from, to, rows, extent, inner);\n}}\n",
      stored_type(shape.storage), shape.by_blocks ? "blocks" : "rows", shape.product, shape.exclusive, shape.reverse);
}

namespace {

using tactics::OpRequest;
using tactics::Variant;
using tactics::Verdict;

CumulativeShape shape_of(const Op& op) {
  if (const auto* sum = op.as<ops::CumSum>()) return {.exclusive = sum->exclusive, .reverse = sum->reverse};
  const auto& product = *op.as<ops::CumProd>();
  return {.product = true, .exclusive = product.exclusive, .reverse = product.reverse};
}

class CudaCumulative final : public tactics::Tactic {
 public:
  std::string_view id() const override { return "cuda.cumulative"; }
  uint32_t revision() const override { return 1; }

  Verdict supports(const OpRequest& request) const override {
    if (not request.op.is<ops::CumSum>() and not request.op.is<ops::CumProd>()) return Verdict::no("neither CumSum nor CumProd");
    if (request.inputs[0].constant != nullptr) return Verdict::no("the input is constant");
    if (std::string reason = move_refusal(request, std::array{size_t{0}}); not reason.empty()) return Verdict::no(std::move(reason));
    if (std::string reason = parameter_refusal(request, 1); not reason.empty()) return Verdict::no(std::move(reason));
    if (const DType type = request.inputs[0].type.dtype; stored_type(type).empty())
      return Verdict::no(fmt::format("elements of type {}", name_of(type)));
    return Verdict::yes();
  }

  void variants(const OpRequest& request, tactics::VariantSink& sink) const override {
    for (const std::optional<DType> lowered : usual_storages(request)) {
      Variant variant = plain_variant(request, lowered);
      variant.estimate = move_seconds(2 * stored_bytes_of(request.outputs[0], lowered), 2, 0.3);
      sink.offer(std::move(variant));
    }
  }

  std::unique_ptr<tactics::Kernel> build(tactics::BuildContext& context, const OpRequest& request, const Variant& variant) const override {
    const Dims dims = request.dims(0);
    const size_t axis = ops::normalized_axis(parameter(request, 1).front(), dims.size());
    int64_t inner = 1;
    for (size_t i = axis + 1; i < dims.size(); ++i) inner *= dims[i];
    const int64_t extent = dims[axis], rows = extent == 0 ? 0 : element_count(dims) / extent;
    CumulativeShape shape = shape_of(request.op);
    shape.storage = variant.inputs[0].storage;
    constexpr int64_t many = 16384, few = 32;
    shape.by_blocks = rows < many and extent > few;
    auto kernel = std::make_unique<OneLaunch>(context, cumulative_source(shape), rows);
    kernel->input(0);
    kernel->output(0);
    for (const int64_t value : {rows, extent, inner}) kernel->value(static_cast<uint32_t>(value));
    if (shape.by_blocks) kernel->blocks(static_cast<unsigned>(rows));
    return kernel;
  }
};

}  // namespace

void register_cumulative(tactics::Registry& registry) { registry.add(std::make_unique<CudaCumulative>()); }

}  // namespace burnish::cuda
