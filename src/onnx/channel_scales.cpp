// Walks from each product and normalization over what keeps factors to the products that read it.
#include "onnx/channel_scales.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <set>

#include "base/error.h"
#include "onnx/external_data.h"
#include "onnx/nodes.h"
#include "onnx/parse.h"
#include "onnx/sort.h"
#include "onnx/tensors.h"
#include "onnx/write.h"

namespace burnish::onnx {
namespace {

/// A constant input of a node, and where its channels lie: axis, and how many groups share its second axis (convolutions that read).
struct Factor {
  int node = 0;
  int input = 0;
  int axis = 0;
  int64_t groups = 1;

  int64_t channels(const Dims& dims) const { return dims[static_cast<size_t>(axis)] * groups; }
  int64_t channel(const Dims& dims, int64_t element) const {
    int64_t inner = 1;
    for (size_t i = static_cast<size_t>(axis) + 1; i < dims.size(); ++i) inner *= dims[i];
    const int64_t extent = dims[static_cast<size_t>(axis)];
    const int64_t place = element / inner % extent;
    if (groups == 1) return place;
    const int64_t outputs = dims[0] / groups, output = element / (inner * extent);
    return output / outputs * extent + place;
  }
};

struct Scalable {
  ScalableTensor tensor;
  std::vector<Factor> makers, readers;
};

class Network {
 public:
  explicit Network(proto::GraphProto& graph) : graph_(graph), external_({}, {}, false) {
    for (proto::TensorProto& one : *graph.mutable_initializer()) {
      names_.insert(one.name());
      if (one.data_type() == proto::TensorProto::FLOAT) constants_[one.name()] = &one;
    }
    for (const proto::ValueInfoProto& output : graph.output()) readers_[output.name()].push_back(-1);
    for (int i = 0; i < graph.node_size(); ++i) {
      names_.insert(graph.node(i).output().begin(), graph.node(i).output().end());
      for (const std::string& output : graph.node(i).output()) producers_[output] = i;
      for (const std::string_view name : names_read(graph.node(i))) readers_[std::string(name)].push_back(i);
    }
  }

  std::vector<Scalable> scalable() const {
    std::vector<Scalable> found;
    for (int i = 0; i < graph_.node_size(); ++i)
      if (auto one = made_by(i)) found.push_back(std::move(*one));
    return found;
  }

  Tensor read(const Factor& factor) const { return read(graph_.node(factor.node).input(factor.input)); }

  /// Constants that others read too keep their numbers: the node gets its own.
  void replace(const Factor& factor, const Tensor& tensor) {
    proto::NodeProto& node = *graph_.mutable_node(factor.node);
    const std::string old = node.input(factor.input);
    proto::TensorProto* constant = constants_.at(old);
    const auto uses = std::ranges::count(node.input(), old);
    if (readers_.at(old).size() > 1 or uses > 1) {
      constant = graph_.add_initializer();
      std::string name = old + "_scaled";
      while (not names_.insert(name).second) name += "_";
      constant->set_name(name);
      node.set_input(factor.input, name);
      constants_[name] = constant;
      std::erase(readers_[old], factor.node);
      readers_[name] = {factor.node};
    }
    const std::string name = constant->name();
    constant->Clear();
    constant->set_name(name);
    constant->set_data_type(proto::TensorProto::FLOAT);
    for (const int64_t extent : tensor.dims()) constant->add_dims(extent);
    constant->set_raw_data(tensor.data(), tensor.bytes());
  }

 private:
  Tensor read(const std::string& name) const {
    proto::TensorProto copy = *constants_.at(name);  // reading takes the bytes out of the message
    return TensorReader(external_).read(copy).clone();
  }

  std::optional<Dims> dims(const proto::NodeProto& node, int input) const {
    if (input >= node.input_size()) return {};
    const auto found = constants_.find(node.input(input));
    if (found == constants_.end()) return {};
    return checked_dims(found->second->dims());
  }
  static bool has(const proto::NodeProto& node, int input) { return input < node.input_size() and not node.input(input).empty(); }

  std::optional<Scalable> made_by(int place) const {
    const proto::NodeProto& node = graph_.node(place);
    if (node.output_size() == 0) return {};
    auto made = maker(place);
    if (not made) return {};
    made->tensor.name = node.output(0);
    if (not walk(node.output(0), *made) or made->readers.empty()) return {};
    const int64_t channels = made->makers[0].channels(*dims(graph_.node(made->makers[0].node), made->makers[0].input));
    const auto fits = [&](const Factor& one) { return one.channels(*dims(graph_.node(one.node), one.input)) == channels; };
    if (not std::ranges::all_of(made->makers, fits) or not std::ranges::all_of(made->readers, fits)) return {};
    weigh(*made, channels);
    return made;
  }

  /// The constants that make it, all of them.
  std::optional<Scalable> maker(int place) const {
    const proto::NodeProto& node = graph_.node(place);
    Scalable made;
    if (is(node, "Conv")) return parts(std::move(made), place, 0);
    if (is(node, "BatchNormalization") and node.output_size() == 1) return parts(std::move(made), place, 0);
    made.tensor.axis = -1;
    if (is_plain_gemm(node)) return parts(std::move(made), place, has_rows_of_outputs(node) ? 0 : 1);
    made.tensor.normalized = true;
    if (is(node, "LayerNormalization") and integer_attribute(node, "axis", -1) == -1) return parts(std::move(made), place, 0);
    if (is(node, "Add")) return shifted(std::move(made), place);
    return {};
  }

  /// A product and a sum, or a scale and a sum: with constants of one dimension, as normalizations are exported in pieces.
  std::optional<Scalable> shifted(Scalable made, int place) const {
    const proto::NodeProto& sum = graph_.node(place);
    if (sum.input_size() != 2) return {};
    for (const int constant : {0, 1}) {
      const auto bias = dims(sum, constant);
      if (not bias or bias->size() != 1) continue;
      const std::string& other = sum.input(1 - constant);
      const auto producer = producers_.find(other);
      if (producer == producers_.end() or readers_.at(other).size() != 1) continue;
      const proto::NodeProto& before = graph_.node(producer->second);
      for (const int input : {0, 1}) {
        const auto scale = dims(before, input);
        const bool scales = is(before, "Mul") and scale and scale->size() == 1 and not dims(before, 1 - input);
        const bool multiplies = is(before, "MatMul") and input == 1 and scale and scale->size() == 2;
        if (not scales and not multiplies) continue;
        made.tensor.normalized = scales;
        made.makers = {{producer->second, input, scales ? 0 : 1}, {place, constant, 0}};
        return made;
      }
    }
    return {};
  }

  /// Weights, whose channels lie along `axis`, and, where there is one, a bias.
  std::optional<Scalable> parts(Scalable made, int place, int axis) const {
    const proto::NodeProto& node = graph_.node(place);
    for (const int input : {1, 2}) {
      if (not has(node, input)) continue;
      const auto found = dims(node, input);
      const int along = input == 1 ? axis : 0;
      if (not found or found->size() <= static_cast<size_t>(along) or (input == 2 and found->size() != 1)) return {};
      made.makers.push_back({place, input, along});
    }
    if (made.makers.empty() or made.makers[0].input != 1) return {};
    return made;
  }

  /// Whether all that reads the value either keeps factors of channels or is a product that can be multiplied.
  bool walk(const std::string& value, Scalable& made) const {
    const auto readers = readers_.find(value);
    if (readers == readers_.end()) return false;
    for (const int place : readers->second) {
      if (place < 0) return false;
      const proto::NodeProto& node = graph_.node(place);
      if (node.input_size() == 0 or node.input(0) != value or std::ranges::count(node.input(), value) != 1) return false;
      if (keeps_factors(node, made.tensor.axis)) {
        if (not walk(node.output(0), made)) return false;
        continue;
      }
      const auto reader = reads(node, place, made.tensor.axis);
      if (not reader) return false;
      made.readers.push_back(*reader);
      if (std::ranges::find(made.tensor.read, value) == made.tensor.read.end()) made.tensor.read.push_back(value);
    }
    return true;
  }

  static bool keeps_factors(const proto::NodeProto& node, int axis) {
    const auto any = [&](std::initializer_list<std::string_view> ops) {
      return node.output_size() == 1 and std::ranges::any_of(ops, [&](std::string_view op) { return is(node, op); });
    };
    return any({"Relu", "LeakyRelu", "Identity"}) or (axis == 1 and any({"MaxPool", "AveragePool", "GlobalAveragePool", "GlobalMaxPool"}));
  }

  std::optional<Factor> reads(const proto::NodeProto& node, int place, int axis) const {
    const auto weight = dims(node, 1);
    if (not weight or weight->size() < 2) return {};
    if (axis == 1 and is(node, "Conv")) {
      const int64_t groups = integer_attribute(node, "group", 1);
      return groups > 0 and (*weight)[0] % groups == 0 and (*weight)[0] > 0 ? std::optional(Factor{place, 1, 1, groups}) : std::nullopt;
    }
    if (axis == -1 and is(node, "MatMul") and weight->size() == 2) return Factor{place, 1, 0};
    if (axis == -1 and is_plain_gemm(node) and weight->size() == 2) return Factor{place, 1, has_rows_of_outputs(node) ? 1 : 0};
    return {};
  }

  /// How much each channel weighs for the outputs that read it.
  void weigh(Scalable& made, int64_t channels) const {
    made.tensor.weights.assign(static_cast<size_t>(channels), 0);
    made.tensor.separate = true;
    for (const Factor& reader : made.readers) {
      const Tensor tensor = read(reader);
      const auto numbers = tensor.values<float>();
      const bool rows_are_outputs = reader.axis == 1;
      const int64_t columns = tensor.size() / std::max<int64_t>(tensor.dim(0), 1);
      const int64_t outputs = rows_are_outputs ? tensor.dim(0) : tensor.dim(1);
      const auto output = [&](int64_t i) { return static_cast<size_t>(rows_are_outputs ? i / columns : i % outputs); };
      std::vector<double> largest(static_cast<size_t>(outputs), 0);
      for (int64_t i = 0; i < tensor.size(); ++i)
        largest[output(i)] = std::max(largest[output(i)], std::abs(static_cast<double>(numbers[static_cast<size_t>(i)])));
      for (int64_t i = 0; i < tensor.size(); ++i) {
        if (largest[output(i)] == 0) continue;
        double& weight = made.tensor.weights[static_cast<size_t>(reader.channel(tensor.dims(), i))];
        weight = std::max(weight, std::abs(static_cast<double>(numbers[static_cast<size_t>(i)])) / largest[output(i)]);
      }
      made.tensor.separate = made.tensor.separate and rows_are_outputs and reader.groups > 1 and tensor.dim(1) == 1;
    }
  }

  proto::GraphProto& graph_;
  mutable ExternalData external_;
  std::set<std::string> names_;
  std::map<std::string, proto::TensorProto*, std::less<>> constants_;
  std::map<std::string, int, std::less<>> producers_;
  std::map<std::string, std::vector<int>, std::less<>> readers_;  // nodes; -1: an output of the network
};

Tensor scaled(const Tensor& tensor, const Factor& factor, const std::vector<double>& divisors, bool divides) {
  Tensor made = tensor.clone();
  const auto numbers = made.mutable_values<float>();
  for (int64_t i = 0; i < made.size(); ++i) {
    const double divisor = divisors[static_cast<size_t>(factor.channel(made.dims(), i))];
    const auto number = static_cast<double>(numbers[static_cast<size_t>(i)]);
    numbers[static_cast<size_t>(i)] = static_cast<float>(divides ? number / divisor : number * divisor);
  }
  return made;
}

}  // namespace

std::vector<ScalableTensor> scalable_tensors(std::span<const std::byte> model, const std::filesystem::path& folder) {
  const auto parsed = parse_model(model);
  take_in_external_data(*parsed, folder);
  std::vector<ScalableTensor> found;
  for (Scalable& one : Network(*parsed->mutable_graph()).scalable()) found.push_back(std::move(one.tensor));
  return found;
}

std::string with_divided_channels(std::span<const std::byte> model, const std::filesystem::path& folder, const ChannelDivisors& divisors) {
  const auto parsed = parse_model(model);
  take_in_external_data(*parsed, folder);
  Network network(*parsed->mutable_graph());
  const std::vector<Scalable> scalable = network.scalable();
  for (const auto& [name, values] : divisors) {
    const auto found = std::ranges::find(scalable, name, [](const Scalable& one) { return one.tensor.name; });
    if (found == scalable.end()) fail("the channels of `{}` cannot be scaled", name);
    if (values.size() != found->tensor.weights.size() or not std::ranges::all_of(values, [](double one) { return one > 0; }))
      fail("`{}` takes {} positive divisors", name, found->tensor.weights.size());
    for (const Factor& maker : found->makers) network.replace(maker, scaled(network.read(maker), maker, values, true));
    for (const Factor& reader : found->readers) network.replace(reader, scaled(network.read(reader), reader, values, false));
  }
  return bytes_of(*parsed);
}

}  // namespace burnish::onnx
