// What an engine holds: the portable graph, its weights, one plan for each device it was built for, packed weights, and the build report.
// Made by the build, written and read by this room, run by the runtime. Plain data: it holds no kernels and runs nothing.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/file.h"
#include "plan/plan.h"

namespace burnish::engine {

struct EngineData {
  std::string producer;                                        // "Burnish 0.1.0"
  std::string name;                                            // of the model
  std::vector<std::pair<std::string, std::string>> metadata;   // the model's own
  std::string graph;                                           // ir text after passes; constants by hash
  std::map<Hash128, std::shared_ptr<const Tensor>> constants;  // what the graph's text names
  std::map<Hash128, Tensor> artifacts;                         // by key, see tactics::BuildContext
  std::vector<plan::Plan> plans;
  std::string choices;                     // tactics::Choices text
  std::string report;                      // JSON, what `burnish explain` shows
  std::shared_ptr<const MappedFile> file;  // keeps borrowed tensors alive after reading
};

/// Makes the data of a fresh build. `artifacts` stay empty until kernels are built.
EngineData make(const Graph& graph, plan::Plan plan, std::string choices, std::string report);

}  // namespace burnish::engine
