// What a measurement says: trace averages, the performance summary, warnings, and the table of layers.
#include <algorithm>
#include <numeric>

#include <fmt/ranges.h>

#include "cli/trtexec/stages.h"

namespace burnish::cli::trtexec {
namespace {

constexpr size_t trace_lines = 100;

double mean_of(std::span<const QueryTime> queries, double (*pick)(const QueryTime&)) {
  double sum = 0;
  for (const QueryTime& query : queries) sum += pick(query);
  return sum / static_cast<double>(queries.size());
}

double latency_of(const QueryTime& q) { return q.latency(); }
double enqueue_of(const QueryTime& q) { return q.enqueue.length(); }
double h2d_of(const QueryTime& q) { return q.h2d.length(); }
double compute_of(const QueryTime& q) { return q.compute.length(); }
double d2h_of(const QueryTime& q) { return q.d2h.length(); }

Summary summary_of(const Measured& measured, double (*pick)(const QueryTime&), std::span<const double> percentiles) {
  std::vector<double> values;
  values.reserve(measured.queries.size());
  for (const QueryTime& query : measured.queries) values.push_back(pick(query));
  return summarize(std::move(values), percentiles);
}

void print_line(std::string_view title, const Summary& s, std::span<const double> percents, Console& console) {
  std::string line =
      fmt::format("{}: min = {:.6g} ms, max = {:.6g} ms, mean = {:.6g} ms, median = {:.6g} ms", title, s.min, s.max, s.mean, s.median);
  for (size_t i = 0; i < percents.size(); ++i) line += fmt::format(", percentile({:g}%) = {:.6g} ms", percents[i], s.percentiles[i]);
  console.info("{}", line);
}

void print_warnings(const Summary& compute, const Options& options, Console& console) {
  if (compute.variation > 0.025)
    console.warning(
        "Compute time is unstable, with coefficient of variance = {:.3g}%. Other programs or a changing clock rate disturb it; measure "
        "longer or on an idle machine.",
        100 * compute.variation);
  if (options.streams > 1)
    console.warning("{} streams share the cores, so that latencies depend on one another; throughput is what to read.", options.streams);
}

}  // namespace

void print_trace(const Measured& measured, const Options& options, Console& console) {
  const auto group = static_cast<size_t>(options.average_runs);
  const std::span<const QueryTime> queries(measured.queries);
  console.info("");
  console.info("=== Trace details ===");
  console.info("Trace averages of {} runs:", group);
  const size_t groups = queries.size() / group;
  const size_t shown = console.verbose() ? groups : std::min(groups, trace_lines);
  for (size_t i = 0; i < shown; ++i) {
    const auto part = queries.subspan(i * group, group);
    console.info("Average on {} runs - GPU latency: {:.6g} ms - Host latency: {:.6g} ms (enqueue {:.6g} ms)", group,
                 mean_of(part, compute_of), mean_of(part, latency_of), mean_of(part, enqueue_of));
  }
  if (shown < groups) console.info("... and {} more groups; --verbose prints all, --exportTimes writes every query", groups - shown);
}

void print_summary(const Measured& measured, const Options& options, Console& console) {
  console.info("");
  console.info("=== Performance summary ===");
  const auto count = static_cast<double>(measured.queries.size());
  console.info("Throughput: {:.6g} qps", measured.wall_ms > 0 ? 1e3 * count / measured.wall_ms : 0.0);
  const Summary compute = summary_of(measured, compute_of, options.percentiles);
  print_line("Latency", summary_of(measured, latency_of, options.percentiles), options.percentiles, console);
  print_line("Enqueue Time", summary_of(measured, enqueue_of, options.percentiles), options.percentiles, console);
  print_line("H2D Latency", summary_of(measured, h2d_of, options.percentiles), options.percentiles, console);
  print_line("GPU Compute Time", compute, options.percentiles, console);
  print_line("D2H Latency", summary_of(measured, d2h_of, options.percentiles), options.percentiles, console);
  console.info("Total Host Walltime: {:.6g} s", measured.wall_ms / 1e3);
  console.info("Total GPU Compute Time: {:.6g} s", mean_of(measured.queries, compute_of) * count / 1e3);
  print_warnings(compute, options, console);
  const bool on_host = std::ranges::all_of(measured.queries, [](const QueryTime& query) { return query.h2d.length() == 0; });
  if (on_host)
    console.info("A CPU computes in host memory: H2D and D2H are 0, and the call computes, so that Enqueue Time holds the computation.");
  console.info("Explanations of the performance metrics are printed in the verbose logs.");
  console.detail(
      "Throughput: queries divided by the host's wall time.\n"
      "Latency: H2D + compute + D2H of one query.\n"
      "Enqueue Time: how long the call that starts a query keeps its thread.\n"
      "GPU Compute Time: how long the device computes one query, here the CPU.\n"
      "percentile(p%): the least time that p of a hundred queries do not exceed.");
  console.info("");
}

void print_profile(std::span<const StepProfile> steps, size_t count, Console& console) {
  console.info("");
  console.info("=== Profile ({} iterations ) ===", count);
  console.info("{:>12} {:>10} {:>12} {:>8}   {}", "Time(ms)", "Avg.(ms)", "Median(ms)", "Time(%)", "Layer");
  StepProfile total;
  for (const StepProfile& step : steps) {
    console.info("{:12.2f} {:10.4f} {:12.4f} {:8.1f}   {}", step.total_ms, step.average_ms, step.median_ms, step.percentage, step.name);
    total.total_ms += step.total_ms;
    total.average_ms += step.average_ms;
    total.median_ms += step.median_ms;
    total.percentage += step.percentage;
  }
  console.info("{:12.2f} {:10.4f} {:12.4f} {:8.1f}   {}", total.total_ms, total.average_ms, total.median_ms, total.percentage, "Total");
  console.info("");
}

}  // namespace burnish::cli::trtexec
