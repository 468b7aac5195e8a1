// Walks the package's folders and reads TensorProto files.
#include "onnx/cases.h"

#include <algorithm>

#include "base/error.h"
#include "base/file.h"
#include "onnx/import.h"
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

/// input_0.pb, input_1.pb, ... or output_0.pb, ... of a data set.
std::vector<Tensor> read_tensors(const fs::path& data_set, const std::string& kind) {
  std::vector<Tensor> tensors;
  for (int i = 0;; ++i) {
    const fs::path file = data_set / fmt::format("{}_{}.pb", kind, i);
    if (not fs::exists(file)) return tensors;
    const auto where = [&] { return fmt::format("{}, which is a tensor only in cases of tensors", file.filename().string()); };
    tensors.push_back(in_context(where, [&] { return read_tensor(file); }));
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

std::vector<OnnxCase> find_cases(const fs::path& root) {
  std::vector<OnnxCase> cases;
  for (const char* category : {"node", "simple", "pytorch-converted", "pytorch-operator"})
    for (const fs::directory_entry& entry : fs::directory_iterator(root / category))
      if (const fs::path model = entry.path() / "model.onnx"; fs::exists(model))
        cases.push_back({.name = std::string(category) + "/" + entry.path().filename().string(),
                         .model = model,
                         .folder = entry.path(),
                         .light_output = {}});
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
  std::vector<DataSet> sets;
  for (const fs::path& folder : folders) sets.push_back({read_tensors(folder, "input"), read_tensors(folder, "output")});
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
