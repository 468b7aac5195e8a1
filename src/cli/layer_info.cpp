// Both shapes of the document at once: scripts for TensorRT 10 read "Bindings" and "Format/Datatype", those for 11 the other fields.
#include "cli/layer_info.h"

#include <nlohmann/json.hpp>

#include "base/json_text.h"
#include "engine/engine_data.h"
#include "plan/plan.h"

namespace burnish::cli {
namespace {

using nlohmann::ordered_json;

ordered_json tensor_json(const plan::Plan& plan, uint32_t index) {
  if (index == plan::no_tensor) return nullptr;
  const plan::TensorSlot& slot = plan.tensors.at(index);
  return {{"Name", slot.name},
          {"Location", "Host"},
          {"Dimensions", slot.dims},
          {"Format/Datatype", slot.format.text()},
          {"Format", slot.format.layout.text()},
          {"Datatype", std::string(name_of(slot.format.storage))}};
}

ordered_json tensors_json(const plan::Plan& plan, const std::vector<uint32_t>& tensors) {
  ordered_json list = ordered_json::array();
  for (const uint32_t tensor : tensors)
    if (tensor != plan::no_tensor) list.push_back(tensor_json(plan, tensor));
  return list;
}

ordered_json layer_json(const plan::Plan& plan, const plan::Step& step) {
  return {{"Name", step.name},
          {"LayerType", std::string(step.request.op.name())},
          {"Inputs", tensors_json(plan, step.inputs)},
          {"Outputs", tensors_json(plan, step.outputs)},
          {"TacticName", step.tactic},
          {"TacticValue", step.variant.text()},
          {"Operator", step.request.op.text()},
          {"Epilogue", step.request.has_epilogue()},
          {"WorkspaceBytes", step.variant.workspace},
          {"ExpectedMs", step.seconds * 1e3},
          {"StreamId", 0},
          {"Metadata", step.provenance}};
}

ordered_json io_json(const TensorInfo& info, std::string_view mode) {
  return {{"Name", info.name},
          {"IOMode", std::string(mode)},
          {"DataType", std::string(name_of(info.dtype))},
          {"Dimensions", info.dims},
          {"Location", "Host"},
          {"IsShapeInferenceIO", false},
          {"ProfileInfo", {{{"MinShape", info.dims}, {"OptShape", info.dims}, {"MaxShape", info.dims}, {"Format", info.format}}}}};
}

}  // namespace

std::string layer_info_json(const Engine& engine, bool detailed) {
  static const plan::Plan none;  // sizes are open, and none were tuned for
  const plan::Plan& plan = engine.data().plans.empty() ? none : engine.data().plans.front();
  ordered_json layers = ordered_json::array();
  for (const plan::Step& step : plan.steps) layers.push_back(detailed ? layer_json(plan, step) : ordered_json(step.name));
  ordered_json bindings = ordered_json::array();
  ordered_json tensors = ordered_json::array();
  for (const TensorInfo& info : engine.inputs()) {
    bindings.push_back(info.name);
    tensors.push_back(io_json(info, "INPUT"));
  }
  for (const TensorInfo& info : engine.outputs()) {
    bindings.push_back(info.name);
    tensors.push_back(io_json(info, "OUTPUT"));
  }
  const ordered_json root{{"Layers", layers}, {"Bindings", bindings}, {"I/O Tensors", tensors}};
  return json_text(root, 1);
}

}  // namespace burnish::cli
