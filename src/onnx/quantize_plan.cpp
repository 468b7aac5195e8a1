// Products with f32 weights; and the sums and pools that stand among them, so that bytes need not become floats in between.
#include "onnx/quantize_plan.h"

#include <algorithm>
#include <array>
#include <optional>

#include "onnx/nodes.h"

namespace burnish::onnx {
namespace {

constexpr int search_depth = 6;

class Planner {
 public:
  explicit Planner(const proto::GraphProto& graph) : graph_(graph) {
    for (const proto::TensorProto& one : graph.initializer()) initializers_[one.name()] = &one;
    for (const proto::NodeProto& node : graph.node())
      for (const std::string& output : node.output()) producers_[output] = &node;
  }

  QuantizePlan plan() const {
    QuantizePlan plan;
    for (int i = 0; i < graph_.node_size(); ++i)
      if (auto target = target_of(graph_.node(i))) {
        target->node = i;
        plan.targets.push_back(std::move(*target));
      }
    return plan;
  }

 private:
  using Target = QuantizePlan::Target;

  const proto::TensorProto* weight(const proto::NodeProto& node, int input) const {
    if (input >= node.input_size()) return nullptr;
    const auto found = initializers_.find(node.input(input));
    return found != initializers_.end() and found->second->data_type() == proto::TensorProto::FLOAT ? found->second : nullptr;
  }
  bool is_computed(const std::string& name) const { return not name.empty() and not initializers_.contains(name); }

  std::optional<Target> target_of(const proto::NodeProto& node) const {
    if (is(node, "Conv")) return product(node, 0);
    if (is_plain_gemm(node)) return gemm(node);  // scaled or transposed inputs are rare, and no peer quantizes them
    if (is(node, "MatMul")) return product(node, 1);
    if (is(node, "Add")) return sum(node);
    for (const std::string_view pool : {"AveragePool", "GlobalAveragePool"})  // a maximum keeps the numbers of what follows it
      if (is(node, pool) and node.output_size() == 1 and follows_product(node.input(0), search_depth)) return Target{.activations = {0}};
    return {};
  }

  std::optional<Target> product(const proto::NodeProto& node, int channel_axis) const {
    const proto::TensorProto* weights = weight(node, 1);
    if (weights == nullptr or not is_computed(node.input(0))) return {};
    if (is(node, "MatMul") and weights->dims_size() != 2) return {};
    Target target{.activations = {0}, .weight = 1, .bias = weight(node, 2) != nullptr ? 2 : -1, .channel_axis = channel_axis};
    if (channel_axis < weights->dims_size()) target.channels = weights->dims(channel_axis);
    target.takes_bias = not is(node, "MatMul") and bias_can_change(node, target.channels);
    return target;
  }

  bool bias_can_change(const proto::NodeProto& node, int64_t channels) const {
    if (node.input_size() < 3 or node.input(2).empty()) return true;
    const proto::TensorProto* bias = weight(node, 2);
    return bias != nullptr and bias->dims_size() == 1 and bias->dims(0) == channels;
  }

  std::optional<Target> gemm(const proto::NodeProto& node) const {
    auto target = product(node, has_rows_of_outputs(node) ? 0 : 1);
    if (target and not target->takes_bias) target->bias = -1;
    return target;
  }

  /// Sums of two computed tensors of which one comes from a product.
  std::optional<Target> sum(const proto::NodeProto& node) const {
    if (node.input_size() != 2 or not is_computed(node.input(0)) or not is_computed(node.input(1))) return {};
    if (not follows_product(node.input(0), search_depth) or not follows_product(node.input(1), search_depth)) return {};
    return Target{.activations = {0, 1}};
  }

  /// Whether the value comes from a convolution over nothing but activations, sums, pools and joins.
  bool follows_product(const std::string& value, int depth) const {
    const auto found = producers_.find(value);
    if (found == producers_.end() or depth == 0) return false;
    const proto::NodeProto& node = *found->second;
    if (is(node, "Conv")) return weight(node, 1) != nullptr;
    static constexpr std::array through{"Relu",    "Clip",        "LeakyRelu", "HardSwish", "Sigmoid", "HardSigmoid",        "Mul",   "Add",
                                        "MaxPool", "AveragePool", "Concat",    "Split",     "Slice",   "BatchNormalization", "Resize"};
    if (std::ranges::none_of(through, [&](std::string_view op) { return is(node, op); })) return false;
    return std::ranges::any_of(node.input(), [&](const std::string& input) { return follows_product(input, depth - 1); });
  }

  const proto::GraphProto& graph_;
  std::map<std::string, const proto::TensorProto*, std::less<>> initializers_;
  std::map<std::string, const proto::NodeProto*, std::less<>> producers_;
};

}  // namespace

QuantizePlan quantize_plan(const proto::GraphProto& graph) { return Planner(graph).plan(); }

}  // namespace burnish::onnx
