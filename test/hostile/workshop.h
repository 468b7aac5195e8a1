// Makes hostile models: a small valid network (y = Relu(x), f32[2,3]) that each case then breaks in its own way, and a temporary folder to
// lay files and links in. Used by the tables of this folder and by the unit tests of the model reader.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "burnish/import_config.h"
#include "onnx/import.h"
#include "onnx/proto.h"

namespace burnish::test {

namespace proto = ::onnx;

class Workshop {
 public:
  Workshop();
  ~Workshop();
  Workshop(const Workshop&) = delete;
  Workshop& operator=(const Workshop&) = delete;

  proto::ModelProto model;
  std::optional<std::string> bytes;  // in place of the serialized model
  std::filesystem::path folder;      // holds the model as model.onnx
  std::filesystem::path model_file;  // what is imported; the default is folder/model.onnx
  ImportConfig config;

  proto::GraphProto& graph() { return *model.mutable_graph(); }
  proto::NodeProto& relu() { return *graph().mutable_node(0); }
  /// Takes out nodes, inputs and outputs, for cases that start anew.
  proto::GraphProto& empty_graph();
  proto::FunctionProto& function(const std::string& name);

  onnx::ImportedModel import();
};

proto::ValueInfoProto& declare(proto::ValueInfoProto* value, const std::string& name, const std::vector<int64_t>& dims, int type = 1);
proto::NodeProto& add_node(proto::NodeProto* node, const std::string& op, const std::vector<std::string>& inputs,
                           const std::vector<std::string>& outputs);
proto::AttributeProto& add_ints(proto::NodeProto& node, const std::string& name, const std::vector<int64_t>& values);
proto::AttributeProto& add_int(proto::NodeProto& node, const std::string& name, int64_t value);
proto::GraphProto& add_body(proto::NodeProto& node, const std::string& name);
proto::TensorProto& fill(proto::TensorProto* tensor, const std::string& name, const std::vector<int64_t>& dims, int type,
                         const std::string& raw);
/// A tensor of 6 floats in `location`.
proto::TensorProto& fill_external(proto::TensorProto* tensor, const std::string& name, const std::string& location);
void set_external(proto::TensorProto& tensor, const std::string& key, const std::string& value);
void write_bytes(const std::filesystem::path& file, size_t count);

/// A file that must be refused with a message that contains `message`.
struct HostileCase {
  std::string name;
  std::string message;
  std::function<void(Workshop&)> make;
};

std::vector<HostileCase> hostile_formats();
std::vector<HostileCase> hostile_graphs();
std::vector<HostileCase> hostile_tensors();
std::vector<HostileCase> hostile_external_data();
std::vector<HostileCase> hostile_functions_and_bodies();
std::vector<HostileCase> hostile_operators();
std::vector<HostileCase> hostile_values();

}  // namespace burnish::test
