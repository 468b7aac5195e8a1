// A graph whose sizes are known only when it runs, with what was made of it for the sizes met so far. Engines with open sizes hold one
// for the whole network; stages and bodies of control flow are dynamic graphs again. For sizes that are new, symbols get their numbers,
// and the graph becomes one Program, or, where data decide further sizes or there is control flow, a row of stages.
// What was made is kept in a bounded cache. Shared between sessions and thread-safe; it never runs anything itself.
#pragma once

#include <list>
#include <mutex>
#include <unordered_map>

#include "runtime/compiler.h"

namespace burnish::runtime {

struct StagedProgram;

/// What runs for one set of sizes: one of both.
struct Specialization {
  std::shared_ptr<const Program> program;
  std::shared_ptr<const StagedProgram> stages;
};

class DynamicGraph {
 public:
  DynamicGraph(Graph graph, std::shared_ptr<Compiler> compiler);
  ~DynamicGraph();
  DynamicGraph(const DynamicGraph&) = delete;
  DynamicGraph& operator=(const DynamicGraph&) = delete;

  const Graph& graph() const { return graph_; }
  /// What runs for inputs of these sizes. `values` are the inputs themselves where they are at hand: sizes may depend on what they hold.
  /// Without them nothing is returned where they would be needed. Throws Error.
  std::shared_ptr<const Specialization> specialized(std::span<const Dims> dims, std::span<const Tensor> values);
  /// A program made before, for the sizes of its own inputs.
  void keep(std::shared_ptr<const Program> program);

 private:
  using Key = std::vector<int64_t>;
  struct KeyHash {
    size_t operator()(const Key& key) const;
  };
  struct Entry {
    std::shared_ptr<const Specialization> made;  // nothing where values decide, see below
    std::vector<size_t> deciding;                // inputs whose values decide sizes
    size_t by_value = 0;                         // specializations made for other values so far
    std::list<Key>::iterator age;
  };

  std::shared_ptr<const Specialization> found(const Key& key);
  Entry& remember(const Key& key, Entry entry);
  Entry make(std::span<const Dims> dims);
  std::shared_ptr<const Specialization> make_for_values(std::span<const Dims> dims, std::span<const Tensor> values,
                                                        std::span<const size_t> deciding);
  std::shared_ptr<const Specialization> finished(Graph graph);

  Graph graph_;
  std::shared_ptr<Compiler> compiler_;
  std::mutex mutex_;
  std::unordered_map<Key, Entry, KeyHash> cache_;
  std::list<Key> ages_;  // least recently used first
};

}  // namespace burnish::runtime
