// Bytes to the parsed message of a model, with the format's versions checked. The first step of import_model.
// It never looks into nodes or tensors.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <span>
#include <string>

#include "onnx/proto.h"

namespace burnish::onnx {

inline constexpr int64_t oldest_ir_version = 3;
inline constexpr int64_t newest_ir_version = 13;
inline constexpr int64_t newest_opset = 27;
inline constexpr int64_t newest_ml_opset = 5;

/// The imported version of each operator domain; "" is ai.onnx.
using Opsets = std::map<std::string, int64_t, std::less<>>;

/// Throws Error where the bytes are no model, are cut off, or are of a version that this reader does not know.
std::unique_ptr<proto::ModelProto> parse_model(std::span<const std::byte> bytes);

Opsets opsets_of(const google::protobuf::RepeatedPtrField<proto::OperatorSetIdProto>& imports);

/// The version of `domain`; throws Error where it is not imported.
int64_t opset_of(const Opsets& opsets, std::string_view domain);

}  // namespace burnish::onnx
