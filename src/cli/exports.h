// The JSON files that trtexec exports, in the field names that scripts know, and tables of the same figures.
// Large outputs are written fast: millions of numbers, each as the shortest text that reads back equal.
// NaN and infinities stand as NaN, Infinity and -Infinity, which Python's json and most readers accept.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "burnish/engine.h"
#include "cli/statistics.h"

namespace burnish::cli {

struct NamedOutput {
  std::string name;
  Tensor tensor;  // row-major
};

/// Seconds of one step over all profiled queries.
struct StepProfile {
  std::string name;
  double total_ms = 0, average_ms = 0, median_ms = 0, percentage = 0;
};

std::string times_json(std::span<const QueryTime> queries);
std::string outputs_json(std::span<const NamedOutput> outputs);
/// [{count}, {name, timeMs, averageMs, medianMs, percentage}, ...]
std::string profile_json(std::span<const StepProfile> steps, size_t count);

/// Appends every element, separated by `separator`.
void append_values(std::string& text, const Tensor& tensor, std::string_view separator);

/// `queries` holds the seconds of each step for each query.
std::vector<StepProfile> step_profiles(const Session& session, std::span<const std::vector<double>> queries);

}  // namespace burnish::cli
