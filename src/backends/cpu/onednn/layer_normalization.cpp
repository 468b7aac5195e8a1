// Layer normalization by oneDNN: the axes that are normalized together become one, those before them another.
#include "ops/normalization.h"

#include "backends/cpu/onednn/one_input.h"
#include "tactics/registry.h"

namespace burnish::cpu {
namespace {

using namespace onednn;

/// Rows, and elements of a row.
Dims flattened(const OpRequest& request) {
  const auto& norm = *request.op.as<ops::LayerNormalization>();
  const Dims dims = request.dims(0);
  const auto axis = static_cast<std::ptrdiff_t>(norm.axis < 0 ? norm.axis + static_cast<int64_t>(dims.size()) : norm.axis);
  return {element_count(Dims(dims.begin(), dims.begin() + axis)), element_count(Dims(dims.begin() + axis, dims.end()))};
}

bool has_bias(const OpRequest& request) { return request.anchor_inputs > 2 and request.inputs[2].present; }

class OnednnLayerNormalization final : public OneInputTactic {
 public:
  std::string_view id() const override { return "cpu.onednn.layer_normalization"; }
  uint32_t revision() const override { return 1; }

  Verdict supports(const OpRequest& request) const override {
    if (not request.op.is<ops::LayerNormalization>()) return Verdict::no("not a layer normalization");
    if (request.has_epilogue()) return Verdict::no("oneDNN has no post-ops on a layer normalization");
    for (size_t i = 1; i < request.outputs.size(); ++i)
      if (request.wanted.at(i)) return Verdict::no("oneDNN does not give the inverse deviation");
    if (Verdict verdict = supports_data(request); not verdict) return verdict;
    const int64_t row = flattened(request)[1];
    for (size_t i = 1; i < (has_bias(request) ? 3U : 2U); ++i)
      if (request.inputs[i].constant == nullptr or element_count(request.dims(i)) != row)
        return Verdict::no("scale or bias are not constant, or broadcast");
    return Verdict::yes();
  }

 protected:
  std::vector<LayoutPair> layouts(const OpRequest& request, DType) const override {
    const Layout row_major = Layout::row_major(request.dims(0).size());
    return {{row_major, row_major}};
  }

  std::optional<OneInputPlan> plan(const OpRequest& request, const Format& source, const Format& destination) const override {
    const Dims dims = flattened(request);
    auto flags = dnnl::normalization_flags::use_scale;
    if (has_bias(request)) flags |= dnnl::normalization_flags::use_shift;
    const dnnl::layer_normalization_forward::primitive_desc found(
        engine(), dnnl::prop_kind::forward_inference, plain(dims, source.storage), plain(dims, destination.storage),
        static_cast<float>(request.op.as<ops::LayerNormalization>()->epsilon), flags, basic_attributes(), true);
    if (not found) return {};
    OneInputPlan plan;
    plan.descriptor = found;
    plan.flops = 30.0 * static_cast<double>(element_count(dims));
    return plan;
  }

  void bind_more(KernelBuilder& builder, const OpRequest& request) const override {
    const Dims row{flattened(request)[1]};
    builder.input(DNNL_ARG_SCALE, 1, plain(row, request.inputs[1].type.dtype), plain(row, DType::f32));
    if (has_bias(request)) builder.input(DNNL_ARG_SHIFT, 2, plain(row, request.inputs[2].type.dtype), plain(row, DType::f32));
  }
};

}  // namespace

void register_onednn_layer_normalization(tactics::Registry& registry) { registry.add(std::make_unique<OnednnLayerNormalization>()); }

}  // namespace burnish::cpu
