#include "onnx/summary.h"

#include <algorithm>
#include <cctype>
#include <set>

#include "base/error.h"
#include "onnx/parse.h"
#include "onnx/proto.h"

namespace burnish::onnx {
namespace {

std::string element_name(int type) {
  if (type == proto::TensorProto::FLOAT) return "float";
  std::string name = proto::TensorProto::DataType_IsValid(type) ? proto::TensorProto::DataType_Name(type) : "undefined";
  std::ranges::transform(name, name.begin(), [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
  return name;
}

std::string type_text(const proto::TypeProto& type) {
  switch (type.value_case()) {
    case proto::TypeProto::kTensorType: return fmt::format("tensor({})", element_name(type.tensor_type().elem_type()));
    case proto::TypeProto::kSparseTensorType: return fmt::format("sparse_tensor({})", element_name(type.sparse_tensor_type().elem_type()));
    case proto::TypeProto::kSequenceType: return fmt::format("seq({})", type_text(type.sequence_type().elem_type()));
    case proto::TypeProto::kOptionalType: return fmt::format("optional({})", type_text(type.optional_type().elem_type()));
    case proto::TypeProto::kMapType:
      return fmt::format("map({},{})", element_name(type.map_type().key_type()), type_text(type.map_type().value_type()));
    default: return {};
  }
}

DeclaredPort port_of(const proto::ValueInfoProto& value) {
  DeclaredPort port{.name = value.name(), .type = type_text(value.type()), .dims = {}};
  if (not value.type().has_tensor_type() or not value.type().tensor_type().has_shape()) return port;
  port.dims.emplace();
  for (const auto& dim : value.type().tensor_type().shape().dim()) {
    DeclaredSize size;
    if (dim.has_dim_value()) size.value = dim.dim_value();
    if (dim.has_dim_param()) size.symbol = dim.dim_param();
    port.dims->push_back(std::move(size));
  }
  return port;
}

class Files {
 public:
  void add(const proto::GraphProto& graph) {
    for (const proto::TensorProto& tensor : graph.initializer()) add(tensor);
    for (const proto::SparseTensorProto& tensor : graph.sparse_initializer()) {
      add(tensor.values());
      add(tensor.indices());
    }
    for (const proto::NodeProto& node : graph.node()) add(node);
  }
  void add(const proto::NodeProto& node) {
    for (const proto::AttributeProto& attribute : node.attribute()) {
      if (attribute.has_t()) add(attribute.t());
      if (attribute.has_g()) add(attribute.g());
      for (const proto::TensorProto& tensor : attribute.tensors()) add(tensor);
      for (const proto::GraphProto& graph : attribute.graphs()) add(graph);
    }
  }
  std::vector<std::string> names() const { return {names_.begin(), names_.end()}; }

 private:
  void add(const proto::TensorProto& tensor) {
    if (tensor.data_location() != proto::TensorProto::EXTERNAL) return;
    for (const proto::StringStringEntryProto& entry : tensor.external_data())
      if (entry.key() == "location") names_.insert(entry.value());
  }
  std::set<std::string> names_;
};

}  // namespace

ModelSummary summarize(std::span<const std::byte> bytes) {
  const std::unique_ptr<proto::ModelProto> model = parse_model(bytes);
  const proto::GraphProto& graph = model->graph();
  ModelSummary summary;
  std::set<std::string> initialized;
  for (const proto::TensorProto& tensor : graph.initializer()) initialized.insert(tensor.name());
  for (const proto::SparseTensorProto& tensor : graph.sparse_initializer()) initialized.insert(tensor.values().name());
  for (const proto::ValueInfoProto& input : graph.input())
    (initialized.contains(input.name()) ? summary.initialized_inputs : summary.inputs).push_back(port_of(input));
  for (const proto::ValueInfoProto& output : graph.output()) summary.outputs.push_back(port_of(output));
  for (const proto::StringStringEntryProto& entry : model->metadata_props()) summary.metadata.emplace_back(entry.key(), entry.value());
  summary.producer = model->producer_name();
  summary.producer_version = model->producer_version();
  summary.domain = model->domain();
  summary.description = model->doc_string();
  summary.graph = graph.name();
  summary.graph_description = graph.doc_string();
  summary.version = model->model_version();
  Files files;
  files.add(graph);
  for (const proto::FunctionProto& function : model->functions())
    for (const proto::NodeProto& node : function.node()) files.add(node);
  summary.external_files = files.names();
  return summary;
}

}  // namespace burnish::onnx
