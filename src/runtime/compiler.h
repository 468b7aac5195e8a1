// Compiles while an engine runs: a graph all of whose sizes are known becomes a Program, by estimates and by what the build chose for the
// nodes of the same name. Dynamic graphs call it for every set of sizes that is new to them. It never measures: no search at run time.
// Packed weights are kept by content, so that programs for other sizes share them.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "engine/engine_data.h"
#include "runtime/program.h"
#include "tactics/choices.h"

namespace burnish::runtime {

class Compiler {
 public:
  Compiler(const engine::Recipe& recipe, const engine::EngineData& data);

  /// Throws Error. Thread-safe.
  std::shared_ptr<const Program> compile(Graph graph);
  /// A plan made before; with `check`, for plans from files, compared with what its tactics offer first.
  std::shared_ptr<const Program> load(const plan::Plan& plan, bool check);
  const engine::Recipe& recipe() const { return recipe_; }
  const std::map<Hash128, Tensor>& artifacts() const { return store_.artifacts(); }

 private:
  engine::Recipe recipe_;
  tactics::Choices choices_;
  ArtifactStore store_;
};

}  // namespace burnish::runtime
