// Bodies of Loop and Scan whose files leave types out: ONNX lets a body's inputs be untyped, our graphs are typed at all times.
// NodeContext::region comes here. It never knows what an operator computes, only which outer input feeds which formal one.
#pragma once

#include "onnx/build.h"

namespace burnish::onnx {

/// Imports `body` of the node in `context`. A carried value starts with its initial type; sizes that an iteration changes become symbols.
ops::ImportedRegion import_body(Builder& builder, const ops::ImportContext& context, proto::GraphProto& body, Scope& scope);

}  // namespace burnish::onnx
