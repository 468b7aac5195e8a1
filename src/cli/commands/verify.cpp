// burnish verify: the same inputs through the fast kernels and through the reference evaluations, outputs compared.
// A model is also built without passes for the reference, so that passes are judged too; an engine is judged from its own graph on.
#include <memory>

#include "base/error.h"
#include "cli/bound_session.h"
#include "cli/commands/commands.h"
#include "cli/commands/model_source.h"
#include "cli/compare.h"
#include "cli/usage_error.h"
#include "runtime/loaded_engine.h"

namespace burnish::cli::commands {
namespace {

struct Arguments {
  std::filesystem::path model;
  std::vector<std::string> load;
  uint64_t seed = 1;
  double tolerance = 1e-3;
  BuildArguments build;
};

/// The engine's own graph, planned for the reference backend.
Engine reference_of_engine(const Engine& engine) {
  engine::EngineData data = engine.data();
  if (data.recipe) {
    data.recipe->backend = "ref";
    data.plans.clear();
  } else {
    data.plans = {runtime::plan_again(data, "ref", 1)};
  }
  return Engine(std::make_shared<const runtime::LoadedEngine>(std::move(data), OpenConfig{}, true));
}

Engine reference_of_model(const Arguments& arguments, Console& console) {
  BuildConfig config = build_config(arguments.build, arguments.model);
  config.backend = "ref";
  config.permitted.clear();
  config.timing_cache.clear();
  config.choices.clear();
  config.optimization_level = 0;
  config.pass_limit = 0;
  return build_with_bar(arguments.model, config, console);
}

void run_checked(BoundSession& session) {
  if (const Status status = session.session().run(); not status) throw Error(status.message(), status.code());
}

bool judge(const TensorInfo& info, const Difference& difference, int64_t elements, double tolerance, Console& console) {
  const bool good = difference.odd == 0 and difference.relative_error <= tolerance;
  console.info("{} {}: max error {:.3g}, relative to the largest value {:.3g}, cosine {:.8f}, {} of {} elements differ{}",
               good ? "ok    " : "FAILED", info.name, difference.max_error, difference.relative_error, difference.cosine,
               difference.unequal, elements,
               difference.odd > 0 ? fmt::format(", {} are NaN or infinite in one alone", difference.odd) : "");
  return good;
}

void run_verify(const Arguments& arguments, Console& console) {
  const bool engine_file = is_engine_file(arguments.model);
  const Engine engine = open_or_build(arguments.model, arguments.build, console);
  const Engine reference = engine_file ? reference_of_engine(engine) : reference_of_model(arguments, console);
  FileList files;
  for (const std::string& text : arguments.load)
    for (auto& file : parse_files(text)) files.push_back(std::move(file));
  const Feeds feeds = make_inputs(engine, files, arguments.seed, shapes_of(arguments.build));
  BoundSession session(engine, feeds);
  run_checked(session);
  BoundSession right(reference, feeds);
  run_checked(right);
  size_t bad = 0;
  for (size_t i = 0; i < engine.outputs().size(); ++i)
    if (not judge(engine.outputs()[i], compare(session.output(i), right.output(i)), session.output(i).size(), arguments.tolerance, console))
      ++bad;
  console.info("{} of {} outputs within {:g} of the reference", engine.outputs().size() - bad, engine.outputs().size(),
               arguments.tolerance);
  if (bad > 0) throw CommandFailed();
}

}  // namespace

void add_verify(Command& app, Console& console) {
  Command command = app.add("verify", "Compare an engine or a model with the reference evaluations");
  command.footer(
      "Example: burnish verify model.onnx --shapes input:1x3x224x224\nThe reference is plain code: a large network takes minutes.");
  const auto arguments = std::make_shared<Arguments>();
  command.option("model", &arguments->model, "engine, or ONNX file", {.type = "FILE", .required = true});
  command.option("--load", &arguments->load, "raw elements of an input; the others are random", {.type = "NAME:FILE"});
  command.option("--seed", &arguments->seed, "of random inputs", {.shows_default = true});
  command.option("--tolerance", &arguments->tolerance, "largest error accepted, relative to an output's largest value",
                 {.shows_default = true});
  add_build_options(command, arguments->build);
  command.does([arguments, &console] { run_verify(*arguments, console); });
}

}  // namespace burnish::cli::commands
