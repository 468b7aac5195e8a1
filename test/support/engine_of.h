// An engine of a graph, without an ONNX file, passes or measuring: for tests of engines and sessions on networks given as graphs.
#pragma once

#include <algorithm>
#include <string_view>

#include "burnish/engine.h"
#include "engine/engine_data.h"
#include "runtime/loaded_engine.h"
#include "tactics/timing.h"

namespace burnish::test {

/// Planned for the CPU by estimates alone; tactics whose id begins with `avoided` are used nowhere.
inline Engine engine_of(Graph graph, int threads, std::string_view avoided = {}) {
  tactics::CandidateConfig config;
  config.threads = threads;
  tactics::CandidateSet found = tactics::candidates(graph, config);
  for (tactics::NodeCandidates& node : found.nodes)
    std::erase_if(node.candidates, [&](const tactics::Candidate& candidate) {
      return not avoided.empty() and candidate.tactic != nullptr and candidate.tactic->id().starts_with(avoided);
    });
  tactics::TimingConfig untimed;
  untimed.level = 0;
  tactics::measure(found, untimed);
  const tactics::Assignment chosen = tactics::assign(graph, found);
  engine::EngineData data =
      engine::make(graph, plan::make(graph, found, chosen), tactics::choices_of(graph, found, chosen).text(), std::string());
  return Engine(std::make_shared<const runtime::LoadedEngine>(std::move(data), OpenConfig{}, true));
}

}  // namespace burnish::test
