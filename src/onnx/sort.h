// The order in which a list of nodes can be imported: by data, and by what bodies capture. Real files hold bodies that capture
// what later nodes produce. Called for the main graph, every body and every function. It never changes the list.
#pragma once

#include <functional>
#include <set>
#include <string_view>
#include <vector>

#include "onnx/proto.h"

namespace burnish::onnx {

using NodeList = google::protobuf::RepeatedPtrField<proto::NodeProto>;

/// Indices into `nodes`, producers first, otherwise in the file's order. `known` tells names that need no node: inputs, initializers,
/// values of outer graphs. Throws Error where a name is produced twice, is read but comes from nowhere, or depends on itself.
std::vector<int> execution_order(const NodeList& nodes, const std::function<bool(const std::string&)>& known);

/// The names that `graph` reads but does not define.
std::set<std::string_view> captured_names(const proto::GraphProto& graph);

/// The names that a node reads, those that its bodies capture included.
std::set<std::string_view> names_read(const proto::NodeProto& node);

/// "node `conv_1` (Conv)", for messages about the file.
std::string describe(const proto::NodeProto& node, int index);

}  // namespace burnish::onnx
