// Results of an If whose branches differ in rank. Nothing that reads them can be typed, so it is imported into both branches, until what is
// still needed has one rank again: from there on the If gives that. A branch that refuses what follows, by its rank, can never run: it
// becomes Impossible, and the other one tells the types. The builder puts every list of nodes through a Place; where no If gives such a
// result, that is the scope itself. It never looks at what conditions depend on.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <span>
#include <unordered_map>

#include "onnx/scope.h"
#include "onnx/sort.h"

namespace burnish::onnx {

/// Which names the rest of a list of nodes reads, and which of them are the list's results.
class Needs {
 public:
  /// `order` are indices into `nodes`; positions below are positions in it.
  Needs(const NodeList& nodes, std::span<const int> order, std::set<std::string_view> results);

  bool is_read_after(size_t position, std::string_view name) const;
  bool is_result(std::string_view name) const { return results_.contains(name); }

 private:
  std::unordered_map<std::string_view, size_t> last_reader_;
  std::set<std::string_view> results_;
};

using ImportNode = std::function<void(proto::NodeProto& node, int index, Scope& scope)>;

/// Where the nodes of a list go: into a scope, or, while an If is open in it, into both branches of that.
class Place {
 public:
  /// `depth` counts the open Ifs around it.
  Place(Scope& scope, const ImportNode& import, const std::function<const Needs&()>& needs, size_t depth = 0);
  ~Place();
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

  void add(proto::NodeProto& node, int index, size_t position);
  /// Closes the If that is open, whatever its results: nothing but the list's results is needed any more.
  void finish();
  /// Closes the If that is open where everything that is read later has one rank. Returns whether none is open.
  bool settle(size_t position);

 private:
  struct Branch;
  struct OpenIf;

  void add_to_both(proto::NodeProto& node, int index, size_t position);
  std::vector<std::string> all_names() const;
  void open(NodeId node, const std::vector<std::string>& names);
  void close(size_t position);
  void fetch(const std::set<std::string_view>& names);
  bool agrees(size_t position);

  Scope& scope_;
  const ImportNode& import_;
  const std::function<const Needs&()>& needs_;
  size_t depth_;
  std::map<uint32_t, NodeId> fetched_;  // by the node outside
  bool watches_;                        // whether a node may read a value of unknown rank
  std::unique_ptr<OpenIf> open_;
};

}  // namespace burnish::onnx
