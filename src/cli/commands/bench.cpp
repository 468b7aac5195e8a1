// burnish bench: how long one inference takes, and on request how long each step of it.
#include <algorithm>
#include <array>
#include <memory>

#include "base/error.h"
#include "cli/commands/commands.h"
#include "cli/commands/model_source.h"
#include "cli/exports.h"
#include "cli/measure.h"

namespace burnish::cli::commands {
namespace {

struct Arguments {
  std::filesystem::path model;
  double seconds = 2;
  double warm_up_ms = 200;
  int streams = 1;
  bool profile = false;
  BuildArguments build;
};

void print_profile(BoundSession& session, const MeasureConfig& config, Console& console) {
  const Measured measured = profile(session, config);
  std::vector<StepProfile> steps = step_profiles(session.session(), measured.steps);
  std::stable_sort(steps.begin(), steps.end(), [](const StepProfile& a, const StepProfile& b) { return a.median_ms > b.median_ms; });
  console.info("{:>10} {:>6}  step", "median us", "%");
  for (const StepProfile& step : steps) console.info("{:10.2f} {:6.1f}  {}", step.median_ms * 1e3, step.percentage, step.name);
}

void run_bench(const Arguments& arguments, Console& console) {
  const Engine engine = open_or_build(arguments.model, arguments.build, console);
  const Feeds feeds = make_inputs(engine, {}, 1, shapes_of(arguments.build));
  std::vector<BoundSession> sessions;
  for (int i = 0; i < arguments.streams; ++i) sessions.emplace_back(engine, feeds);
  MeasureConfig config;
  config.duration_s = arguments.seconds;
  config.warm_up_ms = arguments.warm_up_ms;
  const Measured measured = measure(sessions, config);
  std::vector<double> times;
  for (const QueryTime& query : measured.queries) times.push_back(query.latency());
  constexpr std::array<double, 2> percents{90, 99};
  const Summary summary = summarize(std::move(times), percents);
  console.info(
      "{}: median {:.4f} ms, mean {:.4f}, min {:.4f}, 90 % {:.4f}, 99 % {:.4f}; {:.1f} inferences a second; {} queries, {} threads",
      arguments.model.string(), summary.median, summary.mean, summary.min, summary.percentiles[0], summary.percentiles[1],
      1e3 * static_cast<double>(measured.queries.size()) / measured.wall_ms, measured.queries.size(), engine.threads());
  if (arguments.profile) print_profile(sessions[0], config, console);
}

}  // namespace

void add_bench(Command& app, Console& console) {
  Command command = app.add("bench", "Measure an engine or a model");
  command.footer("Example: burnish bench model.engine --seconds 5 --profile");
  const auto arguments = std::make_shared<Arguments>();
  command.option("model", &arguments->model, "engine, or ONNX file", {.type = "FILE", .required = true});
  command.option("--seconds", &arguments->seconds, "how long to measure", {.shows_default = true, .range = {{0.0, 1e6}}});
  command.option("--warm-up", &arguments->warm_up_ms, "milliseconds before", {.shows_default = true, .range = {{0.0, 1e6}}});
  command.option("--streams", &arguments->streams, "sessions that run at the same time", {.shows_default = true, .range = {{1, 1024}}});
  command.flag("--profile", arguments->profile, "the time of each step, the longest first");
  add_build_options(command, arguments->build);
  command.does([arguments, &console] { run_bench(*arguments, console); });
}

}  // namespace burnish::cli::commands
