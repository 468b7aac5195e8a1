#include "engine/engine_data.h"

#include "burnish/version.h"
#include "ir/text.h"

namespace burnish::engine {

namespace {

EngineData portable(const Graph& graph) {
  EngineData engine;
  engine.producer = fmt::format("Burnish {}", version_text());
  engine.name = graph.name;
  PrintOptions options;
  options.store = [&](const Hash128& hash, const std::shared_ptr<const Tensor>& tensor) { engine.constants.emplace(hash, tensor); };
  engine.graph = print(graph, options);
  return engine;
}

}  // namespace

EngineData make(const Graph& graph, plan::Plan plan, std::string choices, std::string report) {
  EngineData engine = portable(graph);
  engine.plans.push_back(std::move(plan));
  engine.choices = std::move(choices);
  engine.report = std::move(report);
  return engine;
}

EngineData make(const Graph& graph, Recipe recipe, std::vector<Profile> profiles) {
  EngineData engine = portable(graph);
  engine.recipe = std::move(recipe);
  engine.profiles = std::move(profiles);
  return engine;
}

}  // namespace burnish::engine
