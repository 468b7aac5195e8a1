// nlohmann-json reports what is missing or of the wrong type; its words become an Error with the report as context.
#include "cli/commands/report_view.h"

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/file.h"
#include "cli/commands/model_source.h"
#include "engine/file.h"

namespace burnish::cli::commands {
namespace {

using nlohmann::json;

CandidateRow candidate_of(const json& from) {
  CandidateRow row;
  row.tactic = from.at("tactic").get<std::string>();
  row.variant = from.at("variant").get<std::string>();
  row.note = from.value("note", "");
  row.estimate_us = from.at("estimate_us").get<double>();
  if (from.contains("time_us")) row.time_us = from.at("time_us").get<double>();
  row.workspace = from.value("workspace_bytes", int64_t{0});
  return row;
}

RequestRow request_of(const json& from) {
  RequestRow row;
  row.hash = from.at("hash").get<std::string>();
  row.text = from.at("request").get<std::string>();
  for (const json& candidate : from.at("candidates")) row.candidates.push_back(candidate_of(candidate));
  for (const json& refusal : from.at("refusals"))
    row.refusals.push_back({refusal.at("tactic").get<std::string>(), refusal.at("reason").get<std::string>()});
  return row;
}

NodeRow node_of(const json& from, size_t requests) {
  NodeRow row;
  row.name = from.at("name").get<std::string>();
  row.op = from.at("operator").get<std::string>();
  row.tactic = from.at("tactic").get<std::string>();
  row.variant = from.at("variant").get<std::string>();
  row.cost_us = from.at("cost_us").get<double>();
  row.request = from.at("request").get<size_t>();
  row.origin = from.at("origin").get<std::vector<std::string>>();
  if (row.request >= requests) fail("node `{}` names request {} of {}", row.name, row.request, requests);
  return row;
}

ReportView view_of(const json& root) {
  ReportView view;
  view.backend = root.at("backend").get<std::string>();
  view.device = root.at("device").get<std::string>();
  view.threads = root.at("threads").get<int>();
  const json& assignment = root.at("assignment");
  view.cost_us = assignment.at("cost_us").get<double>();
  view.reformat_us = assignment.at("reformat_us").get<double>();
  view.uniform_us = assignment.at("best_uniform_us").get<double>();
  view.optimal = assignment.at("proven_optimal").get<bool>();
  const json& memory = root.at("memory");
  view.arena_bytes = memory.at("arena_bytes").get<int64_t>();
  view.lower_bound = memory.at("lower_bound_bytes").get<int64_t>();
  view.without_reuse = memory.at("without_reuse_bytes").get<int64_t>();
  view.steps = root.at("steps").get<size_t>();
  for (const json& request : root.at("requests")) view.requests.push_back(request_of(request));
  for (const json& node : root.at("nodes")) view.nodes.push_back(node_of(node, view.requests.size()));
  return view;
}

}  // namespace

ReportView parse_report(std::string_view text) {
  try {
    return view_of(json::parse(text));
  } catch (const json::exception& fault) { fail("this is no build report: {}", fault.what()); }
}

std::string report_text(const std::filesystem::path& path) {
  if (not is_engine_file(path)) return read_text(path);
  std::string text = engine::read(path).report;
  if (text.empty()) fail("the engine {} holds no build report", path.string());
  return text;
}

}  // namespace burnish::cli::commands
