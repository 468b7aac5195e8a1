// The valid network and the helpers.
#include "hostile/workshop.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "base/file.h"

namespace burnish::test {

namespace fs = std::filesystem;

Workshop::Workshop() {
  std::string name = (fs::temp_directory_path() / "burnish_hostile_XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
  folder = fs::canonical(name) / "model";
  fs::create_directory(folder);
  model_file = folder / "model.onnx";

  model.set_ir_version(8);
  auto* opset = model.add_opset_import();
  opset->set_domain("");
  opset->set_version(17);
  graph().set_name("small");
  declare(graph().add_input(), "x", {2, 3});
  declare(graph().add_output(), "y", {2, 3});
  add_node(graph().add_node(), "Relu", {"x"}, {"y"}).set_name("relu");
}

Workshop::~Workshop() {
  std::error_code ignored;
  fs::remove_all(folder.parent_path(), ignored);
}

proto::GraphProto& Workshop::empty_graph() {
  graph().clear_node();
  graph().clear_input();
  graph().clear_output();
  return graph();
}

proto::FunctionProto& Workshop::function(const std::string& name) {
  proto::FunctionProto& function = *model.add_functions();
  function.set_domain("my");
  function.set_name(name);
  function.add_input("a");
  function.add_output("b");
  function.add_opset_import()->set_version(17);
  return function;
}

onnx::ImportedModel Workshop::import() {
  const fs::path file = folder / "model.onnx";
  if (not fs::exists(file)) write_file(file, bytes ? *bytes : model.SerializeAsString());
  return onnx::import_model(model_file, config);
}

proto::ValueInfoProto& declare(proto::ValueInfoProto* value, const std::string& name, const std::vector<int64_t>& dims, int type) {
  value->set_name(name);
  auto* tensor = value->mutable_type()->mutable_tensor_type();
  tensor->set_elem_type(type);
  tensor->mutable_shape();
  for (const int64_t dim : dims) tensor->mutable_shape()->add_dim()->set_dim_value(dim);
  return *value;
}

proto::NodeProto& add_node(proto::NodeProto* node, const std::string& op, const std::vector<std::string>& inputs,
                           const std::vector<std::string>& outputs) {
  node->set_op_type(op);
  for (const std::string& input : inputs) node->add_input(input);
  for (const std::string& output : outputs) node->add_output(output);
  return *node;
}

proto::AttributeProto& add_ints(proto::NodeProto& node, const std::string& name, const std::vector<int64_t>& values) {
  proto::AttributeProto& attribute = *node.add_attribute();
  attribute.set_name(name);
  attribute.set_type(proto::AttributeProto::INTS);
  for (const int64_t value : values) attribute.add_ints(value);
  return attribute;
}

proto::AttributeProto& add_int(proto::NodeProto& node, const std::string& name, int64_t value) {
  proto::AttributeProto& attribute = *node.add_attribute();
  attribute.set_name(name);
  attribute.set_type(proto::AttributeProto::INT);
  attribute.set_i(value);
  return attribute;
}

proto::GraphProto& add_body(proto::NodeProto& node, const std::string& name) {
  proto::AttributeProto& attribute = *node.add_attribute();
  attribute.set_name(name);
  attribute.set_type(proto::AttributeProto::GRAPH);
  attribute.mutable_g()->set_name(name);
  return *attribute.mutable_g();
}

proto::TensorProto& fill(proto::TensorProto* tensor, const std::string& name, const std::vector<int64_t>& dims, int type,
                         const std::string& raw) {
  tensor->set_name(name);
  tensor->set_data_type(type);
  for (const int64_t dim : dims) tensor->add_dims(dim);
  tensor->set_raw_data(raw);
  return *tensor;
}

proto::TensorProto& fill_external(proto::TensorProto* tensor, const std::string& name, const std::string& location) {
  fill(tensor, name, {2, 3}, 1, "").clear_raw_data();
  tensor->set_data_location(proto::TensorProto::EXTERNAL);
  set_external(*tensor, "location", location);
  return *tensor;
}

void set_external(proto::TensorProto& tensor, const std::string& key, const std::string& value) {
  auto* entry = tensor.add_external_data();
  entry->set_key(key);
  entry->set_value(value);
}

void write_bytes(const fs::path& file, size_t count) { write_file(file, std::string(count, '\1')); }

}  // namespace burnish::test
