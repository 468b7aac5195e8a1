// The generated classes of the ONNX file format, under a short name. Only files of this room include it:
// everything outside sees graphs, tensors and ImportContext, never protobuf.
#pragma once

#include <string_view>

#include "onnx/onnx.pb.h"

namespace burnish::onnx {

namespace proto = ::onnx;

/// "ai.onnx" is the long name of the default domain.
inline std::string_view plain_domain(std::string_view domain) { return domain == "ai.onnx" ? std::string_view() : domain; }

}  // namespace burnish::onnx
