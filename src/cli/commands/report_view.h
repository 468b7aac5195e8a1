// The build report in typed form: what `burnish explain` and `diff` read from an engine or from a file that --exportReport wrote.
// Reports may come from anywhere: whatever does not fit is an Error that names the field.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace burnish::cli::commands {

struct CandidateRow {
  std::string tactic, variant, note;
  double estimate_us = 0;
  std::optional<double> time_us;
  int64_t workspace = 0;
};

struct RefusalRow {
  std::string tactic, reason;
};

struct RequestRow {
  std::string hash, text;
  std::vector<CandidateRow> candidates;
  std::vector<RefusalRow> refusals;
};

struct NodeRow {
  std::string name, op, tactic, variant;
  double cost_us = 0;
  size_t request = 0;
  std::vector<std::string> origin;
};

struct ReportView {
  std::string backend, device;
  int threads = 0;
  double cost_us = 0, reformat_us = 0, uniform_us = 0;
  bool optimal = false;
  int64_t arena_bytes = 0, lower_bound = 0, without_reuse = 0;
  size_t steps = 0;
  std::vector<NodeRow> nodes;
  std::vector<RequestRow> requests;
};

/// Throws Error.
ReportView parse_report(std::string_view json);
/// The JSON text of an engine's report, or of a file that holds one.
std::string report_text(const std::filesystem::path& engine_or_report);

}  // namespace burnish::cli::commands
