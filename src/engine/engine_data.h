// What an engine holds: the portable graph, its weights, one plan for each device it was built for, packed weights, and the build report.
// Made by the build, written and read by this room, run by the runtime. Plain data: it holds no kernels and runs nothing.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/file.h"
#include "plan/plan.h"

namespace burnish::engine {

/// How an engine with open sizes compiles for the sizes it meets.
struct Recipe {
  std::string backend;
  int threads = 1;
  std::vector<DType> permitted;
};

/// The sizes of one input that an optimization profile allows, and those it was tuned for.
struct SizeRange {
  Dims min, opt, max;
};
/// By input name; inputs without an entry take any sizes that the network takes.
using Profile = std::map<std::string, SizeRange, std::less<>>;

struct EngineData {
  std::string producer;                                        // "Burnish 0.1.0"
  std::string name;                                            // of the model
  std::vector<std::pair<std::string, std::string>> metadata;   // the model's own
  std::string graph;                                           // ir text after passes; constants by hash
  std::map<Hash128, std::shared_ptr<const Tensor>> constants;  // what the graph's text names
  std::map<Hash128, Tensor> artifacts;                         // by key, see tactics::BuildContext
  std::vector<plan::Plan> plans;                               // with open sizes: for the sizes the build tuned for, perhaps none
  std::optional<Recipe> recipe;                                // set where sizes are open when the engine is built
  std::vector<Profile> profiles;                               // with open sizes; none: any sizes
  std::string choices;                                         // tactics::Choices text
  std::string report;                                          // JSON, what `burnish explain` shows
  std::shared_ptr<const MappedFile> file;                      // keeps borrowed tensors alive after reading
};

/// Makes the data of a fresh build. `artifacts` stay empty until kernels are built.
EngineData make(const Graph& graph, plan::Plan plan, std::string choices, std::string report);
/// The same for a graph with open sizes; plans, choices and report are added by those who tune for some.
EngineData make(const Graph& graph, Recipe recipe, std::vector<Profile> profiles);

}  // namespace burnish::engine
