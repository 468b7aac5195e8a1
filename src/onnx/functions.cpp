// The table of local functions.
#include "onnx/functions.h"

#include "base/error.h"

namespace burnish::onnx {

std::string full_name(const proto::FunctionProto& function) {
  const std::string_view domain = plain_domain(function.domain());
  return fmt::format("{}::{}{}{}", domain.empty() ? "ai.onnx" : domain, function.name(), function.overload().empty() ? "" : ":",
                     function.overload());
}

FunctionTable::FunctionTable(proto::ModelProto& model) {
  for (proto::FunctionProto& function : *model.mutable_functions()) {
    Key key(plain_domain(function.domain()), function.name(), function.overload());
    in_context([&] { return fmt::format("function {}", full_name(function)); },
               [&] {
                 if (not functions_.emplace(std::move(key), Function{&function, opsets_of(function.opset_import())}).second)
                   fail("the model defines this function twice");
               });
  }
}

const Function* FunctionTable::find(const proto::NodeProto& node) const {
  if (functions_.empty()) return nullptr;
  const auto found = functions_.find(Key(plain_domain(node.domain()), node.op_type(), node.overload()));
  return found == functions_.end() ? nullptr : &found->second;
}

}  // namespace burnish::onnx
