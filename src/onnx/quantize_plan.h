// Which inputs of which nodes of a model file are to be quantized. Called by quantize.cpp; it changes nothing.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "onnx/proto.h"

namespace burnish::onnx {

struct QuantizePlan {
  struct Target {
    int node = 0;
    std::vector<int> activations;  // inputs that are computed
    int weight = -1;               // an initializer
    int bias = -1;                 // an initializer
    int channel_axis = 0;          // of the weight
    int64_t channels = 0;          // of the weight along that axis
    bool takes_bias = false;       // as input 2: it has a constant one for each channel, or none
  };
  std::vector<Target> targets;  // in the order of the nodes
};

QuantizePlan quantize_plan(const proto::GraphProto& graph);

}  // namespace burnish::onnx
