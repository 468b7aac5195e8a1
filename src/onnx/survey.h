// Looks through a whole model before anything is imported: main graph, bodies, local functions.
// import_model calls it first, so that one Error names every operator that is missing, and no import starts that cannot end.
#pragma once

#include "onnx/functions.h"
#include "onnx/parse.h"
#include "onnx/proto.h"

namespace burnish::onnx {

/// Throws Error where operators are not known or their domain is not imported (all of them, with their nodes), where functions
/// reach themselves, or where calls and bodies nest too deeply or grow too large.
void survey(const proto::ModelProto& model, const Opsets& opsets, const FunctionTable& functions);

}  // namespace burnish::onnx
