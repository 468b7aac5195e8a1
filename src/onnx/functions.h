// The model's local functions, by domain, name and overload. Called by the survey before the import and by the inliner.
// It never inlines; it guarantees that no function reaches itself and that calls nest to a bounded depth.
#pragma once

#include <map>
#include <string>
#include <tuple>

#include "onnx/parse.h"
#include "onnx/proto.h"

namespace burnish::onnx {

struct Function {
  proto::FunctionProto* body = nullptr;
  Opsets opsets;
};

class FunctionTable {
 public:
  /// Throws Error where two functions share a name.
  explicit FunctionTable(proto::ModelProto& model);

  /// nullptr where `node` calls no local function.
  const Function* find(const proto::NodeProto& node) const;

 private:
  using Key = std::tuple<std::string, std::string, std::string>;  // domain, name, overload
  std::map<Key, Function> functions_;
};

/// "my.domain::Gelu"
std::string full_name(const proto::FunctionProto& function);

}  // namespace burnish::onnx
