// Imports the whole model: only import knows what a dimension without a name or a missing shape becomes.
#include "cli/model_interface.h"

#include "onnx/import.h"

namespace burnish::cli {

ModelInterface read_interface(const std::filesystem::path& model, const ShapeList& shapes) {
  ImportConfig config;
  for (const auto& [name, dims] : shapes)
    if (name.find('*') == std::string::npos) config.input_shapes[name] = dims;
  const onnx::ImportedModel imported = onnx::import_model(model, config);
  const Graph& graph = imported.graph;
  const auto ports = [&](std::span<const ValueId> values) {
    std::vector<Port> made;
    for (const ValueId value : values) {
      const TensorType& type = graph.type(value);
      made.push_back({graph.value(value).name, type.dtype, type.shape.rank(), type.shape.text()});
    }
    return made;
  };
  return {ports(graph.inputs()), ports(graph.outputs())};
}

}  // namespace burnish::cli
