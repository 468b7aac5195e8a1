#include "onnx/extract.h"

#include <algorithm>
#include <deque>
#include <map>
#include <set>

#include "base/error.h"
#include "onnx/parse.h"
#include "onnx/sort.h"
#include "onnx/write.h"
#include "ops/import.h"

namespace burnish::onnx {
namespace {

int32_t onnx_type(DType dtype) {
  for (int32_t number = 1; number <= static_cast<int32_t>(dtype_count); ++number)
    if (ops::dtype_from_onnx(number) == dtype) return number;
  fail("{} is no element type of ONNX", name_of(dtype));
}

/// What a node reads, bodies included.
std::set<std::string> names_read(const proto::NodeProto& node) {
  std::set<std::string> names(node.input().begin(), node.input().end());
  for (const proto::AttributeProto& attribute : node.attribute()) {
    if (attribute.has_g())
      for (const std::string_view name : captured_names(attribute.g())) names.emplace(name);
    for (const proto::GraphProto& body : attribute.graphs())
      for (const std::string_view name : captured_names(body)) names.emplace(name);
  }
  names.erase("");
  return names;
}

class Extractor {
 public:
  Extractor(proto::GraphProto& graph, const FindInput& find_input) : graph_(graph), find_input_(find_input) {
    for (int i = 0; i < graph.node_size(); ++i)
      for (const std::string& output : graph.node(i).output()) producers_[output] = i;
  }

  bool has(const std::string& output) const { return producers_.contains(output); }

  /// Walks backwards, nearest nodes first, until there are enough and all that is missing can be an input.
  void choose(const std::string& output, size_t nodes) {
    std::deque<int> waiting{producers_.at(output)};
    while (not waiting.empty()) {
      const int node = waiting.front();
      waiting.pop_front();
      if (chosen_.contains(node)) continue;
      if (chosen_.size() >= nodes and can_do_without(node)) continue;
      chosen_.insert(node);
      for (const std::string& name : names_read(graph_.node(node)))
        if (const auto producer = producers_.find(name); producer != producers_.end()) waiting.push_back(producer->second);
    }
  }

  /// Reduces the graph to what was chosen. Returns its new inputs.
  std::vector<std::string> reduce(const std::string& output) {
    std::set<std::string> read;
    for (const int node : chosen_) read.merge(names_read(graph_.node(node)));
    keep_nodes();
    const std::vector<std::string> inputs = make_inputs(read);
    std::erase_if(read, [&](const std::string& name) { return std::ranges::find(inputs, name) != inputs.end(); });
    auto& initializers = *graph_.mutable_initializer();
    for (int i = initializers.size(); i-- > 0;)
      if (not read.contains(initializers[i].name())) initializers.DeleteSubrange(i, 1);
    graph_.clear_value_info();
    graph_.clear_output();
    describe_value(*graph_.add_output(), output);
    return inputs;
  }

  size_t nodes() const { return chosen_.size(); }

 private:
  bool can_do_without(int node) const {
    return std::ranges::all_of(graph_.node(node).output(), [&](const std::string& output) {
      const bool read = std::ranges::any_of(chosen_, [&](int one) { return names_read(graph_.node(one)).contains(output); });
      return not read or find_input_(output).has_value();
    });
  }

  void keep_nodes() {
    google::protobuf::RepeatedPtrField<proto::NodeProto> kept;
    for (const int node : chosen_) *kept.Add() = graph_.node(node);
    graph_.mutable_node()->Swap(&kept);
  }

  /// Inputs of the large model that are still read stay; what is read and no longer made becomes one.
  std::vector<std::string> make_inputs(const std::set<std::string>& read) {
    std::set<std::string> known;
    for (const proto::TensorProto& one : graph_.initializer()) known.insert(one.name());
    for (const proto::SparseTensorProto& one : graph_.sparse_initializer()) known.insert(one.values().name());
    for (const proto::NodeProto& node : graph_.node()) known.insert(node.output().begin(), node.output().end());
    graph_.clear_input();
    std::vector<std::string> inputs;
    for (const std::string& name : read) {
      if (known.contains(name)) continue;
      describe_value(*graph_.add_input(), name);
      inputs.push_back(name);
    }
    return inputs;
  }

  void describe_value(proto::ValueInfoProto& value, const std::string& name) const {
    value.set_name(name);
    const auto found = find_input_(name);
    if (not found) return;
    proto::TypeProto::Tensor& tensor = *value.mutable_type()->mutable_tensor_type();
    tensor.set_elem_type(onnx_type(found->first));
    tensor.mutable_shape();
    for (const int64_t extent : found->second) tensor.mutable_shape()->add_dim()->set_dim_value(extent);
  }

  proto::GraphProto& graph_;
  const FindInput& find_input_;
  std::map<std::string, int> producers_;
  std::set<int> chosen_;
};

}  // namespace

std::optional<Extract> extract_before(std::span<const std::byte> model, const std::filesystem::path& folder, const std::string& output,
                                      size_t nodes, const FindInput& find_input) {
  const auto parsed = parse_model(model);
  Extractor extractor(*parsed->mutable_graph(), find_input);
  if (not extractor.has(output)) return {};
  extractor.choose(output, nodes);
  Extract made;
  made.inputs = extractor.reduce(output);
  made.nodes = extractor.nodes();
  take_in_external_data(*parsed, folder);
  made.model = bytes_of(*parsed);
  return made;
}

}  // namespace burnish::onnx
