// A node's attributes by name, with references to the attributes of an enclosing function already followed.
// Used by NodeContext and by the inliner. It checks types; it never interprets values.
#pragma once

#include "onnx/scope.h"

namespace burnish::onnx {

/// Throws Error where a name stands twice, or where something refers to a function's attribute outside of a function.
Arguments attributes_of(proto::NodeProto& node, Scope& scope);

/// The attribute, which must have the type `type`; nullptr where it is absent.
proto::AttributeProto* find_attribute(const Arguments& attributes, std::string_view name, proto::AttributeProto::AttributeType type);

/// The type an attribute says it has; where it says none (old files), the type of what it holds.
proto::AttributeProto::AttributeType type_of(const proto::AttributeProto& attribute);

}  // namespace burnish::onnx
