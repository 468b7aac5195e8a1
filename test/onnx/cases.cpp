// Walks the package's folders and reads TensorProto files.
#include "onnx/cases.h"

#include <google/protobuf/io/coded_stream.h>

#include <algorithm>

#include "base/error.h"
#include "base/file.h"
#include "onnx/import.h"
#include "onnx/inputs.h"
#include "onnx/tensors.h"

namespace burnish::test {

namespace fs = std::filesystem;

namespace {

Tensor read_tensor(const fs::path& file) {
  ::onnx::TensorProto proto;
  if (not proto.ParseFromString(read_text(file)) or proto.data_type() == 0) fail("this is no tensor");
  onnx::ExternalData nothing(file.parent_path(), {}, false);
  return onnx::TensorReader(nothing).read(proto).clone();
}

Tensor tensor_of(const std::string& bytes) {
  ::onnx::TensorProto proto;
  if (not proto.ParseFromString(bytes)) fail("this is no tensor");
  onnx::ExternalData nothing({}, {}, false);
  return onnx::TensorReader(nothing).read(proto).clone();
}

/// The messages in one field of a message of onnx-data.proto, which is not compiled for the sake of two.
std::vector<std::string> messages_in(const std::string& bytes, int field) {
  google::protobuf::io::CodedInputStream stream(reinterpret_cast<const uint8_t*>(bytes.data()), static_cast<int>(bytes.size()));
  std::vector<std::string> found;
  while (const uint32_t tag = stream.ReadTag()) {
    uint32_t length = 0;
    uint64_t number = 0;
    const uint32_t kind = tag % 8;
    if (kind == 0 and stream.ReadVarint64(&number)) continue;
    std::string content;
    if (kind != 2 or not stream.ReadVarint32(&length) or not stream.ReadString(&content, static_cast<int>(length)))
      fail("this does not hold what the model declares");
    if (static_cast<int>(tag / 8) == field) found.push_back(std::move(content));
  }
  return found;
}

/// A SequenceProto, whose field 3 holds tensors.
Tensor sequence_of(const std::string& bytes, DType dtype) {
  std::vector<Tensor> tensors;
  for (const std::string& one : messages_in(bytes, 3)) tensors.push_back(tensor_of(one));
  return Tensor::sequence(dtype, std::move(tensors));
}

/// An OptionalProto holds a tensor in field 3, or a sequence in field 5.
Tensor optional_of(const std::string& bytes, const onnx::DeclaredType& type) {
  for (const std::string& one : messages_in(bytes, 3)) return Tensor::optional(tensor_of(one));
  for (const std::string& one : messages_in(bytes, 5)) return Tensor::optional(sequence_of(one, type.dtype));
  return Tensor::nothing(type.kind, type.dtype);
}

Tensor read_value(const fs::path& file, const onnx::DeclaredType& type) {
  if (type.kind == ValueKind::tensor) return read_tensor(file);
  return type.kind == ValueKind::sequence ? sequence_of(read_text(file), type.dtype) : optional_of(read_text(file), type);
}

using ValueInfos = google::protobuf::RepeatedPtrField<::onnx::ValueInfoProto>;

/// input_0.pb, input_1.pb, ... or output_0.pb, ... of a data set.
std::vector<Tensor> read_values(const fs::path& data_set, const std::string& kind, const ValueInfos& infos) {
  std::vector<Tensor> values;
  for (int i = 0;; ++i) {
    const fs::path file = data_set / fmt::format("{}_{}.pb", kind, i);
    if (not fs::exists(file)) return values;
    if (i >= infos.size()) fail("there is a file {}, but the model declares {}", file.filename().string(), infos.size());
    const onnx::DeclaredType type = onnx::declared_type(infos[i]).value_or(onnx::DeclaredType{});
    values.push_back(in_context([&] { return file.filename().string(); }, [&] { return read_value(file, type); }));
  }
}

/// What the suite feeds its light models with: 0/n, 1/n, ... (n-1)/n for each input.
std::vector<Tensor> ramps(const fs::path& model) {
  std::vector<Tensor> inputs;
  const Graph graph = onnx::import_model(model).graph;
  for (const ValueId id : graph.inputs()) {
    Tensor tensor(DType::f32, graph.type(id).shape.dims());
    for (int64_t i = 0; i < tensor.size(); ++i) tensor.set_number(i, static_cast<double>(i) / static_cast<double>(tensor.size()));
    inputs.push_back(std::move(tensor));
  }
  return inputs;
}

}  // namespace

std::vector<OnnxCase> find_cases_in(const fs::path& folder, const std::string& prefix) {
  std::vector<OnnxCase> cases;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder))
    if (const fs::path model = entry.path() / "model.onnx"; fs::exists(model))
      cases.push_back({.name = prefix + entry.path().filename().string(), .model = model, .folder = entry.path(), .light_output = {}});
  std::ranges::sort(cases, {}, &OnnxCase::name);
  return cases;
}

std::vector<OnnxCase> find_cases(const fs::path& root) {
  std::vector<OnnxCase> cases;
  for (const char* category : {"node", "simple", "pytorch-converted", "pytorch-operator"})
    std::ranges::move(find_cases_in(root / category, std::string(category) + "/"), std::back_inserter(cases));
  std::ranges::sort(cases, {}, &OnnxCase::name);
  return cases;
}

std::vector<OnnxCase> find_light_cases(const fs::path& root) {
  std::vector<OnnxCase> cases;
  for (const fs::directory_entry& entry : fs::directory_iterator(root / "light")) {
    if (entry.path().extension() != ".onnx") continue;
    const std::string name = entry.path().stem().string();
    const double rtol = name == "light_densenet121" ? 2e-3 : 1e-3;  // as the suite says in its data.json
    cases.push_back({.name = "light/" + name,
                     .model = entry.path(),
                     .folder = {},
                     .light_output = root / "light" / (name + "_output_0.pb"),
                     .rtol = rtol});
  }
  std::ranges::sort(cases, {}, &OnnxCase::name);
  return cases;
}

std::vector<DataSet> read_data_sets(const OnnxCase& one) {
  if (not one.light_output.empty()) return {{ramps(one.model), {read_tensor(one.light_output)}}};
  std::vector<fs::path> folders;
  for (const fs::directory_entry& entry : fs::directory_iterator(one.folder))
    if (entry.path().filename().string().starts_with("test_data_set_")) folders.push_back(entry.path());
  std::ranges::sort(folders);
  ::onnx::ModelProto model;
  if (not model.ParseFromString(read_text(one.model))) fail("{} is no model", one.model.string());
  std::vector<DataSet> sets;
  for (const fs::path& folder : folders)
    sets.push_back({read_values(folder, "input", model.graph().input()), read_values(folder, "output", model.graph().output())});
  return sets;
}

std::string with_open_inputs(const std::string& model) {
  ::onnx::ModelProto proto;
  if (not proto.ParseFromString(model)) fail("this is no model");
  ::onnx::GraphProto& graph = *proto.mutable_graph();
  for (::onnx::ValueInfoProto& input : *graph.mutable_input()) {
    if (not input.type().has_tensor_type() or not input.type().tensor_type().has_shape()) continue;
    ::onnx::TensorShapeProto& shape = *input.mutable_type()->mutable_tensor_type()->mutable_shape();
    if (shape.dim_size() >= 2) shape.mutable_dim(0)->set_dim_param(fmt::format("{}_0", input.name()));
  }
  graph.clear_value_info();
  for (::onnx::ValueInfoProto& output : *graph.mutable_output())
    if (output.type().has_tensor_type()) output.mutable_type()->mutable_tensor_type()->clear_shape();
  return proto.SerializeAsString();
}

}  // namespace burnish::test
