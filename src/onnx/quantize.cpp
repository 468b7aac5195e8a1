// Patches the parsed message: new initializers, new nodes before the first reader of what they quantize.
#include "onnx/quantize.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <set>

#include "base/error.h"
#include "onnx/external_data.h"
#include "onnx/parse.h"
#include "onnx/quantize_plan.h"
#include "onnx/tensors.h"
#include "onnx/write.h"

namespace burnish::onnx {
namespace {

constexpr double weight_steps = 127;

int32_t proto_type(DType dtype) {
  switch (dtype) {
    case DType::u8: return proto::TensorProto::UINT8;
    case DType::i8: return proto::TensorProto::INT8;
    case DType::i32: return proto::TensorProto::INT32;
    default: return proto::TensorProto::FLOAT;
  }
}

/// As the importer calls it.
std::string layer_name(const proto::NodeProto& node, int place) {
  return node.name().empty() ? fmt::format("{}_{}", node.op_type(), place) : node.name();
}

class ModelQuantizer {
 public:
  ModelQuantizer(proto::ModelProto& model, const TensorRanges& ranges, const QuantizeOptions& options)
      : model_(model), graph_(*model.mutable_graph()), ranges_(ranges), options_(options), external_({}, {}, false), reader_(external_) {
    for (const proto::TensorProto& one : graph_.initializer()) names_.insert(one.name());
    for (const proto::NodeProto& node : graph_.node()) names_.insert(node.output().begin(), node.output().end());
  }

  void run() {
    const QuantizePlan plan = quantize_plan(graph_);
    const google::protobuf::RepeatedPtrField<proto::NodeProto> nodes = graph_.node();
    graph_.clear_node();
    size_t next = 0;
    for (int i = 0; i < nodes.size(); ++i) {
      proto::NodeProto node = nodes[i];
      node.set_name(layer_name(node, i));  // places change: names that come from them would too
      if (next < plan.targets.size() and plan.targets[next].node == i) quantize(node, plan.targets[next++]);
      *graph_.add_node() = std::move(node);
    }
    remove_unused_initializers();
  }

 private:
  struct Scales {
    std::string dequantized;
    std::vector<double> values;
  };

  void quantize(proto::NodeProto& node, const QuantizePlan::Target& target) {
    if (options_.keeps_float and options_.keeps_float(node.name())) return;
    const auto known = [&](int input) { return ranges_.contains(node.input(input)); };
    if (not std::ranges::all_of(target.activations, known)) return;
    double scale = 1;
    for (const int input : target.activations) {
      const Scales& activation = quantized_activation(node.input(input));
      scale = activation.values[0];
      node.set_input(input, activation.dequantized);
    }
    if (target.weight < 0) return;
    const Scales& weight = quantized_weight(node.input(target.weight), target.channel_axis);
    node.set_input(target.weight, weight.dequantized);
    quantize_bias(node, target, scale, weight.values);
  }

  const Scales& quantized_activation(const std::string& name) {
    if (const auto done = activations_.find(name); done != activations_.end()) return done->second;
    const auto& [least, most] = ranges_.at(name);
    const double low = std::min(least, 0.0), high = std::max(most, 0.0);
    const bool is_unsigned = options_.activations == DType::u8;
    double scale = is_unsigned ? (high - low) / 255 : std::max(-low, high) / 127;
    if (not(scale > 0)) scale = 1;
    const double zero = is_unsigned ? std::clamp(std::nearbyint(-low / scale), 0.0, 255.0) : 0;
    const std::string scale_name = add_floats(name + "_scale", {scale}, false);
    const std::string zero_name = add_integers(name + "_zero_point", options_.activations, {zero}, {});
    const std::string bytes = fresh(name + "_quantized");
    add_node("QuantizeLinear", {name, scale_name, zero_name}, bytes, -1);
    const std::string floats = fresh(name + "_dequantized");
    add_node("DequantizeLinear", {bytes, scale_name, zero_name}, floats, -1);
    return activations_[name] = {floats, {static_cast<double>(static_cast<float>(scale))}};
  }

  const Scales& quantized_weight(const std::string& name, int axis) {
    const auto key = std::pair(name, axis);
    if (const auto done = weights_.find(key); done != weights_.end()) return done->second;
    const Tensor tensor = read(name);
    const bool per_channel = options_.per_channel and tensor.dim(static_cast<size_t>(axis)) > 1;
    const int64_t channels = per_channel ? tensor.dim(static_cast<size_t>(axis)) : 1;
    int64_t inner = 1;
    for (size_t i = static_cast<size_t>(axis) + 1; i < tensor.rank(); ++i) inner *= tensor.dim(i);
    const auto channel = [&](int64_t i) { return static_cast<size_t>(per_channel ? i / inner % channels : 0); };
    std::vector<double> scales(static_cast<size_t>(channels), 0);
    for (int64_t i = 0; i < tensor.size(); ++i)
      scales[channel(i)] = std::max(scales[channel(i)], std::abs(tensor.number(i)) / weight_steps);
    for (double& scale : scales) scale = scale > 0 ? static_cast<double>(static_cast<float>(scale)) : 1;
    std::vector<double> integers(static_cast<size_t>(tensor.size()));
    for (int64_t i = 0; i < tensor.size(); ++i)
      integers[static_cast<size_t>(i)] = std::clamp(std::nearbyint(tensor.number(i) / scales[channel(i)]), -weight_steps, weight_steps);
    return weights_[key] = {add_dequantized(name, DType::i8, integers, tensor.dims(), scales, per_channel ? axis : -1), scales};
  }

  void quantize_bias(proto::NodeProto& node, const QuantizePlan::Target& target, double scale, const std::vector<double>& weight_scales) {
    const auto change = options_.bias_changes.find(node.name());
    const bool changes = change != options_.bias_changes.end();
    if (target.bias < 0 and not changes) return;
    std::vector<double> bias(static_cast<size_t>(target.channels), 0);
    if (target.bias >= 0) bias = numbers_of(read(node.input(target.bias)));
    if (changes) {
      if (not target.takes_bias or change->second.size() != bias.size())
        fail("{} changes of a bias do not fit node `{}` ({})", change->second.size(), node.name(), node.op_type());
      for (size_t i = 0; i < bias.size(); ++i) bias[i] += change->second[i];
    }
    const std::string made = quantized_bias(target.bias >= 0 ? node.input(target.bias) : node.name() + "_bias", bias, scale, weight_scales);
    while (node.input_size() < 3) node.add_input();
    node.set_input(2, made);
  }

  static std::vector<double> numbers_of(const Tensor& tensor) {
    std::vector<double> numbers(static_cast<size_t>(tensor.size()));
    for (size_t i = 0; i < numbers.size(); ++i) numbers[i] = tensor.number(static_cast<int64_t>(i));
    return numbers;
  }

  std::string quantized_bias(const std::string& name, const std::vector<double>& bias, double scale,
                             const std::vector<double>& weight_scales) {
    std::vector<double> scales = weight_scales;
    for (double& one : scales) one = static_cast<double>(static_cast<float>(one * scale));
    std::vector<double> integers(bias.size());
    for (size_t i = 0; i < integers.size(); ++i)
      integers[i] = std::clamp(std::nearbyint(bias[i] / scales[scales.size() == 1 ? 0 : i]), -2147483648.0, 2147483647.0);
    const Dims dims{static_cast<int64_t>(bias.size())};
    return add_dequantized(name, DType::i32, integers, dims, scales, scales.size() == 1 ? -1 : 0);
  }

  /// Integers with their scales as initializers, and the node that dequantizes them; its output.
  std::string add_dequantized(const std::string& name, DType dtype, const std::vector<double>& integers, const Dims& dims,
                              const std::vector<double>& scales, int axis) {
    const std::string bytes = add_integers(name + "_quantized", dtype, integers, dims);
    const std::string scale = add_floats(name + "_scale", scales, axis >= 0);
    const Dims one = axis >= 0 ? Dims{static_cast<int64_t>(scales.size())} : Dims{};
    const std::string zero = add_integers(name + "_zero_point", dtype, std::vector<double>(scales.size(), 0), one);
    const std::string floats = fresh(name + "_dequantized");
    add_node("DequantizeLinear", {bytes, scale, zero}, floats, axis);
    return floats;
  }

  Tensor read(const std::string& name) {
    for (proto::TensorProto& one : *graph_.mutable_initializer())
      if (one.name() == name) {
        proto::TensorProto copy = one;  // reading takes the bytes out of the message
        return reader_.read(*held_.emplace_back(std::make_unique<proto::TensorProto>(std::move(copy))));
      }
    fail("the model has no initializer `{}`", name);
  }

  std::string fresh(std::string name) {
    while (not names_.insert(name).second) name += "_";
    return name;
  }

  std::string add_tensor(const std::string& name, const Tensor& tensor) {
    proto::TensorProto& made = *graph_.add_initializer();
    made.set_name(fresh(name));
    made.set_data_type(proto_type(tensor.dtype()));
    for (const int64_t extent : tensor.dims()) made.add_dims(extent);
    made.set_raw_data(tensor.data(), tensor.bytes());
    return made.name();
  }
  std::string add_integers(const std::string& name, DType dtype, const std::vector<double>& values, const Dims& dims) {
    Tensor tensor(dtype, dims);
    for (size_t i = 0; i < values.size(); ++i) tensor.set_number(static_cast<int64_t>(i), values[i]);
    return add_tensor(name, tensor);
  }
  std::string add_floats(const std::string& name, const std::vector<double>& values, bool vector) {
    Tensor tensor(DType::f32, vector ? Dims{static_cast<int64_t>(values.size())} : Dims{});
    for (size_t i = 0; i < values.size(); ++i) tensor.set_number(static_cast<int64_t>(i), values[i]);
    return add_tensor(name, tensor);
  }

  void add_node(std::string_view op, const std::vector<std::string>& inputs, const std::string& output, int axis) {
    proto::NodeProto& node = *graph_.add_node();
    node.set_name(output);
    node.set_op_type(std::string(op));
    for (const std::string& input : inputs) node.add_input(input);
    node.add_output(output);
    if (axis < 0) return;
    proto::AttributeProto& attribute = *node.add_attribute();
    attribute.set_name("axis");
    attribute.set_type(proto::AttributeProto::INT);
    attribute.set_i(axis);
  }

  void remove_unused_initializers() {
    std::set<std::string> used;
    bool bodies = false;
    for (const proto::NodeProto& node : graph_.node()) {
      used.insert(node.input().begin(), node.input().end());
      for (const proto::AttributeProto& attribute : node.attribute()) bodies |= attribute.has_g() or attribute.graphs_size() > 0;
    }
    for (const proto::ValueInfoProto& output : graph_.output()) used.insert(output.name());
    if (bodies) return;  // bodies may read them
    std::set<std::string> dropped;
    auto& all = *graph_.mutable_initializer();
    int kept = 0;
    for (int i = 0; i < all.size(); ++i) {
      if (used.contains(all[i].name())) all.SwapElements(kept++, i);
      else dropped.insert(all[i].name());
    }
    all.DeleteSubrange(kept, all.size() - kept);
    auto& inputs = *graph_.mutable_input();  // old files list initializers there too
    for (int i = inputs.size(); i-- > 0;)
      if (dropped.contains(inputs[i].name())) inputs.DeleteSubrange(i, 1);
  }

  proto::ModelProto& model_;
  proto::GraphProto& graph_;
  const TensorRanges& ranges_;
  const QuantizeOptions& options_;
  ExternalData external_;
  TensorReader reader_;
  std::set<std::string> names_;
  std::map<std::string, Scales> activations_;
  std::map<std::pair<std::string, int>, Scales> weights_;
  std::vector<std::unique_ptr<proto::TensorProto>> held_;
};

void check_opset(const proto::ModelProto& model, const QuantizeOptions& options) {
  const int64_t opset = opset_of(opsets_of(model.opset_import()), "");
  const int64_t needed = options.per_channel ? 13 : 10;
  if (opset < needed)
    fail_unsupported("the model has opset {}; quantization with {} needs opset {}. Export it again with a newer one{}", opset,
                     options.per_channel ? "a scale for each channel" : "one scale for each tensor", needed,
                     options.per_channel and opset >= 10 ? ", or quantize weights by tensor" : "");
}

}  // namespace

std::vector<std::string> tensors_to_quantize(std::span<const std::byte> model) {
  const auto parsed = parse_model(model);
  std::vector<std::string> names;
  for (const QuantizePlan::Target& target : quantize_plan(parsed->graph()).targets)
    for (const int input : target.activations) {
      const std::string& name = parsed->graph().node(target.node).input(input);
      if (std::ranges::find(names, name) == names.end()) names.push_back(name);
    }
  return names;
}

std::vector<QuantizedLayer> layers_to_quantize(std::span<const std::byte> model) {
  const auto parsed = parse_model(model);
  std::vector<QuantizedLayer> layers;
  for (const QuantizePlan::Target& target : quantize_plan(parsed->graph()).targets) {
    const proto::NodeProto& node = parsed->graph().node(target.node);
    QuantizedLayer& layer = layers.emplace_back(QuantizedLayer{.name = layer_name(node, target.node), .output = node.output(0)});
    for (const int input : target.activations) layer.activations.push_back(node.input(input));
    if (target.takes_bias) layer.bias_channels = target.channels;
  }
  return layers;
}

bool is_quantized(std::span<const std::byte> model) {
  static constexpr std::array operators{"QuantizeLinear", "DequantizeLinear", "DynamicQuantizeLinear", "QLinearConv",
                                        "QLinearMatMul",  "ConvInteger",      "MatMulInteger"};
  const auto parsed = parse_model(model);
  return std::ranges::any_of(parsed->graph().node(),
                             [](const proto::NodeProto& node) { return std::ranges::find(operators, node.op_type()) != operators.end(); });
}

std::vector<std::string> input_names(std::span<const std::byte> model) {
  const auto parsed = parse_model(model);
  std::set<std::string> initializers;
  for (const proto::TensorProto& one : parsed->graph().initializer()) initializers.insert(one.name());
  std::vector<std::string> names;
  for (const proto::ValueInfoProto& input : parsed->graph().input())
    if (not initializers.contains(input.name())) names.push_back(input.name());
  return names;
}

std::string with_outputs(std::span<const std::byte> model, const std::filesystem::path& folder, std::span<const std::string> names) {
  const auto parsed = parse_model(model);
  take_in_external_data(*parsed, folder);
  std::set<std::string> known;
  for (const proto::ValueInfoProto& output : parsed->graph().output()) known.insert(output.name());
  for (const std::string& name : names) {
    if (not known.insert(name).second) continue;
    proto::ValueInfoProto& output = *parsed->mutable_graph()->add_output();
    output.set_name(name);
    output.mutable_type()->mutable_tensor_type()->set_elem_type(proto::TensorProto::FLOAT);
  }
  return bytes_of(*parsed);
}

std::string quantized(std::span<const std::byte> model, const std::filesystem::path& folder, const TensorRanges& ranges,
                      const QuantizeOptions& options) {
  const auto parsed = parse_model(model);
  check_opset(*parsed, options);
  take_in_external_data(*parsed, folder);
  ModelQuantizer(*parsed, ranges, options).run();
  return bytes_of(*parsed);
}

}  // namespace burnish::onnx
