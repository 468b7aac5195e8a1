// Where names mean something: the main graph, a body, or an inlined function. The builder makes one per node list.
// A body's scope looks names up in the scope around it and captures what it finds; a function's scope sees only its parameters.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "ir/graph.h"
#include "onnx/parse.h"
#include "onnx/proto.h"

namespace burnish::onnx {

struct Scope;

/// An attribute as given to a function's call, and where its own names are to be looked up.
struct Argument {
  proto::AttributeProto* attribute = nullptr;
  Scope* written_in = nullptr;
};
using Arguments = std::map<std::string, Argument, std::less<>>;

struct Scope {
  Graph& graph;
  const Opsets& opsets;
  std::set<std::string>& node_names;                     // taken in `graph`
  const Arguments* arguments = nullptr;                  // of the function being inlined
  Scope* outer = nullptr;                                // of a body: the scope around it
  std::string path = {};                                 // before the names of an inlined function's nodes and values: "layer_3/"
  std::unordered_map<std::string, ValueId> values = {};  // an invalid id is an omitted input of a function
  std::vector<ValueId> captured = {};                    // ids in the outer graph

  /// Nothing where the name is unknown. Captures, where it lies outside of this body.
  std::optional<ValueId> find(const std::string& name);
  bool knows(const std::string& name) const;
  void define(const std::string& name, ValueId value);
  std::string unique_node_name(const std::string& wish);
};

}  // namespace burnish::onnx
