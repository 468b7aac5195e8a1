#include "plan/report.h"

#include <unordered_map>

#include <nlohmann/json.hpp>

#include "base/json_text.h"

namespace burnish::plan {
namespace {

using nlohmann::ordered_json;

std::string choice_name(const tactics::Candidate& candidate) {
  if (candidate.tactic != nullptr) return std::string(candidate.tactic->id());
  switch (candidate.variant.alias) {
    case tactics::Alias::view: return "alias.view";
    case tactics::Alias::concat: return "alias.concat";
    case tactics::Alias::split: return "alias.split";
    case tactics::Alias::none: break;
  }
  return "none";
}

ordered_json candidates_of(const tactics::NodeCandidates& node) {
  ordered_json list = ordered_json::array();
  for (const tactics::Candidate& candidate : node.candidates) {
    ordered_json one{
        {"tactic", choice_name(candidate)}, {"variant", candidate.variant.text()}, {"estimate_us", candidate.variant.estimate * 1e6}};
    if (candidate.seconds >= 0) one["time_us"] = candidate.seconds * 1e6;
    if (candidate.variant.workspace > 0) one["workspace_bytes"] = candidate.variant.workspace;
    if (not candidate.note.empty()) one["note"] = candidate.note;
    list.push_back(std::move(one));
  }
  return list;
}

ordered_json refusals_of(const tactics::NodeCandidates& node) {
  ordered_json list = ordered_json::array();
  for (const tactics::Refusal& refusal : node.refusals) list.push_back({{"tactic", refusal.tactic}, {"reason", refusal.reason}});
  return list;
}

/// What sample data told of rounding: the whole, every assignment that was tried, runs of nodes alone. Nothing where nobody looked.
ordered_json precision_of(const Graph& graph, const tactics::CandidateSet& found, const tactics::Assignment& chosen) {
  ordered_json precision = ordered_json::object();
  if (chosen.cosine >= 0) precision = {{"cosine_on_sample_data", chosen.cosine}, {"nodes_kept_exact", chosen.kept_exact}};
  for (const tactics::NodeCandidates& node : found.nodes)
    if (not node.kept_from_halves.empty())
      precision["kept_from_f16"].push_back({{"name", graph.node(node.node).name}, {"reason", node.kept_from_halves}});
  for (const tactics::PrecisionTry& one : chosen.tries)
    precision["tries"].push_back({{"expected_us", one.seconds * 1e6}, {"error", one.error}, {"nodes_kept_exact", one.kept_exact}});
  for (const tactics::PrecisionRun& run : chosen.sensitivity)
    precision["sensitivity"].push_back(
        {{"first", run.first}, {"last", run.last}, {"nodes", run.nodes}, {"cosine_lost", run.error}, {"saved_us", run.saved * 1e6}});
  return precision;
}

}  // namespace

std::string report(const Graph& graph, const tactics::CandidateSet& found, const tactics::Assignment& chosen, const Plan& plan) {
  ordered_json requests = ordered_json::array();
  ordered_json nodes = ordered_json::array();
  std::unordered_map<Hash128, size_t> known;
  for (size_t i = 0; i < found.nodes.size(); ++i) {
    const tactics::NodeCandidates& candidates = found.nodes[i];
    const auto [entry, fresh] = known.emplace(candidates.request_hash, requests.size());
    if (fresh)
      requests.push_back({{"hash", text_of(candidates.request_hash)},
                          {"request", candidates.request.text()},
                          {"candidates", candidates_of(candidates)},
                          {"refusals", refusals_of(candidates)}});
    const Node& node = graph.node(candidates.node);
    const tactics::Candidate& choice = candidates.candidates[chosen.chosen[i]];
    nodes.push_back({{"name", node.name},
                     {"operator", std::string(candidates.request.op.name())},
                     {"request", entry->second},
                     {"tactic", choice_name(choice)},
                     {"variant", choice.variant.text()},
                     {"cost_us", tactics::cost_of(found, choice) * 1e6},
                     {"origin", node.provenance}});
  }
  ordered_json root{{"backend", plan.backend},
                    {"device", plan.device},
                    {"threads", plan.threads},
                    {"assignment",
                     {{"cost_us", chosen.seconds * 1e6},
                      {"reformat_us", chosen.reformat_seconds * 1e6},
                      {"best_uniform_us", chosen.best_uniform_seconds * 1e6},
                      {"proven_optimal", chosen.optimal},
                      {"pbqp_nodes", chosen.pbqp_nodes},
                      {"pbqp_edges", chosen.pbqp_edges},
                      {"branched", chosen.branched}}},
                    {"memory",
                     {{"arena_bytes", plan.memory.arena_bytes},
                      {"lower_bound_bytes", plan.memory.lower_bound},
                      {"without_reuse_bytes", plan.memory.without_reuse}}},
                    {"steps", plan.steps.size()},
                    {"nodes", nodes},
                    {"requests", requests}};
  if (ordered_json precision = precision_of(graph, found, chosen); not precision.empty()) root["precision"] = std::move(precision);
  return json_text(root, 1);
}

}  // namespace burnish::plan
