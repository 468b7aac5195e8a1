// From the parsed message back to bytes. Called by whoever changes models: quantization, extracts.
// It never writes files.
#pragma once

#include <filesystem>
#include <string>

#include "onnx/proto.h"

namespace burnish::onnx {

/// Takes in what lies in other files, below `folder`: the model may be written anywhere.
void take_in_external_data(proto::ModelProto& model, const std::filesystem::path& folder);

/// Throws Error where the message is too large.
std::string bytes_of(const proto::ModelProto& model);

}  // namespace burnish::onnx
