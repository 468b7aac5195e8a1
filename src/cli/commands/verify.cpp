// burnish verify: the same inputs through the fast kernels and through the reference evaluations (or another engine), compared layer by layer.
// A model is also built without passes for the reference, so that passes are judged too; an engine is judged from its own graph on.
#include <memory>

#include "base/error.h"
#include "base/file.h"
#include "cli/bound_session.h"
#include "cli/commands/commands.h"
#include "cli/commands/model_source.h"
#include "cli/layer_check.h"
#include "cli/reduce.h"
#include "cli/usage_error.h"
#include "runtime/loaded_engine.h"

namespace burnish::cli::commands {
namespace {

struct Arguments {
  std::filesystem::path model;
  std::filesystem::path against;
  std::vector<std::string> load;
  uint64_t seed = 1;
  double tolerance = 1e-3;
  bool outputs_only = false;
  std::filesystem::path reduced;
  bool no_reduce = false;
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

BuildConfig reference_config(const Arguments& arguments) {
  BuildConfig config = build_config(arguments.build, arguments.model);
  config.backend = "ref";
  config.permitted.clear();
  config.layers = {};
  config.timing_cache.clear();
  config.choices.clear();
  config.optimization_level = 0;
  config.pass_limit = 0;
  return config;
}

/// What is judged, and what is taken for right.
struct Pair {
  Engine engine;
  Engine right;
  bool other = false;  // `right` is another engine with kernels of its own
};

Pair make_pair(const Arguments& arguments, Console& console) {
  Engine engine = open_or_build(arguments.model, arguments.build, console);
  if (not arguments.against.empty()) return {std::move(engine), open_or_build(arguments.against, arguments.build, console), true};
  Engine right =
      is_engine_file(arguments.model) ? reference_of_engine(engine) : build_with_bar(arguments.model, reference_config(arguments), console);
  return {std::move(engine), std::move(right), false};
}

void run_checked(BoundSession& session) {
  if (const Status status = session.session().run(); not status) throw Error(status.message(), status.code());
}

std::string text_of_difference(const Difference& difference) {
  return fmt::format("max error {:.3g}, relative to the largest value {:.3g}, cosine {:.8f}, {} elements differ{}", difference.max_error,
                     difference.relative_error, difference.cosine, difference.unequal,
                     difference.odd > 0 ? fmt::format(", {} are NaN or infinite in one alone", difference.odd) : "");
}

Feeds feeds_of(const Arguments& arguments, const Engine& engine) {
  FileList files;
  for (const std::string& text : arguments.load)
    for (auto& file : parse_files(text)) files.push_back(std::move(file));
  return make_inputs(engine, files, arguments.seed, shapes_of(arguments.build));
}

/// How many of the outputs are wrong.
size_t judge_outputs(const Pair& pair, const Feeds& feeds, double tolerance, Console& console) {
  if (pair.right.inputs().size() != pair.engine.inputs().size() or pair.right.outputs().size() != pair.engine.outputs().size())
    fail("the two networks differ: {} inputs and {} outputs, and {} and {}", pair.engine.inputs().size(), pair.engine.outputs().size(),
         pair.right.inputs().size(), pair.right.outputs().size());
  BoundSession session(pair.engine, feeds);
  run_checked(session);
  BoundSession right(pair.right, feeds);
  run_checked(right);
  size_t bad = 0;
  for (size_t i = 0; i < pair.engine.outputs().size(); ++i) {
    const Tensor wanted = right.output(i);
    const Difference difference = compare(session.output(i), wanted);
    const bool good = is_good(wanted, difference, tolerance);
    console.info("{} {}: {} of {}", good ? "ok    " : "FAILED", pair.engine.outputs()[i].name, text_of_difference(difference),
                 wanted.size());
    bad += good ? 0 : 1;
  }
  console.info("{} of {} outputs within {:g} of the {}", pair.engine.outputs().size() - bad, pair.engine.outputs().size(), tolerance,
               pair.other ? "other" : "reference");
  return bad;
}

void tell(const char* what, const CheckedTensor& checked, Console& console) {
  console.info("{}: `{}`, made by {} ({}): {}", what, checked.tensor.name, checked.tensor.node, checked.tensor.tactic,
               text_of_difference(checked.difference));
}

/// Writes the part of the model that fails by itself, and its inputs, and says how to see it fail.
void reduce(const Arguments& arguments, const std::string& tensor, const TensorsByName& right, Console& console) {
  BuildConfig config = build_config(arguments.build, arguments.model);
  config.shapes.clear();
  config.choices.clear();
  config.logger = {};
  const auto part =
      reduce_model(arguments.model, tensor, right, arguments.tolerance,
                   [&](std::span<const std::byte> model, const std::filesystem::path& folder) { return build(model, config, folder); });
  if (not part) return console.info("no part of the model that ends in `{}` departs by itself", tensor);
  std::filesystem::path path = arguments.reduced;
  if (path.empty()) path = std::filesystem::path(arguments.model).replace_extension(".reduced.onnx");
  write_file(path, part->model);
  std::string command = fmt::format("burnish verify '{}' --tolerance {:g}", path.string(), arguments.tolerance);
  for (size_t i = 0; i < part->inputs.size(); ++i) {
    const Tensor& value = right.find(part->inputs[i])->second;
    const std::string file = fmt::format("{}.input{}.bin", path.string(), i);
    write_file(file, std::string_view(reinterpret_cast<const char*>(value.data()), value.bytes()));
    command += fmt::format(" --load \"'{}':{}\"", part->inputs[i], file);
  }
  console.info("{} of its nodes depart by themselves, built with the same options: {}", part->nodes, command);
}

void judge_layers(const Arguments& arguments, const Pair& pair, const Feeds& feeds, bool outputs_are_bad, Console& console) {
  const auto tapped = runtime::tap(pair.engine, false);
  // An engine's inputs may have formats of their own: its reference takes the same.
  const bool own_graph = not pair.other and is_engine_file(arguments.model);
  const auto tapped_right = runtime::tap(own_graph ? pair.engine : pair.right, not pair.other);
  if (not tapped or not tapped_right) return console.info("the layers are not compared: sizes are open, give --shapes");
  const TensorsByName right = run_tapped(*tapped_right, feeds);
  const LayerCheck check = check_layers(*tapped, run_tapped(*tapped, feeds), right, arguments.tolerance);
  for (const CheckedTensor& one : check.tensors)
    if (console.verbose()) tell(one.good ? "ok    " : "FAILED", one, console);
  console.info("{} of {} tensors in between within {:g}{}", check.tensors.size() - check.bad, check.tensors.size(), arguments.tolerance,
               check.skipped > 0 ? fmt::format("; {} have no counterpart", check.skipped) : "");
  if (check.tensors.empty()) return;
  if (check.bad > 0) tell("the first that departs", *check.first_bad(), console);
  tell("the worst", *check.worst(), console);
  const bool reduces = not arguments.no_reduce and not pair.other and not is_engine_file(arguments.model);
  if (outputs_are_bad and check.bad > 0 and reduces) {
    TensorsByName known = right;
    for (size_t i = 0; i < pair.engine.inputs().size(); ++i) {
      TensorInfo info = pair.engine.inputs()[i];
      info.dims = feeds.dims[i];
      known[info.name] = row_major(info, feeds.bytes[i]);
    }
    reduce(arguments, check.first_bad()->tensor.name, known, console);
  }
}

void run_verify(const Arguments& arguments, Console& console) {
  const Pair pair = make_pair(arguments, console);
  const Feeds feeds = feeds_of(arguments, pair.engine);
  const size_t bad = judge_outputs(pair, feeds, arguments.tolerance, console);
  if (not arguments.outputs_only) judge_layers(arguments, pair, feeds, bad > 0, console);
  if (bad > 0) throw CommandFailed();
}

}  // namespace

void add_verify(Command& app, Console& console) {
  Command command = app.add("verify", "Compare an engine or a model with the reference evaluations, layer by layer");
  command.footer(
      "Example: burnish verify model.onnx --shapes input:1x3x224x224\nThe reference is plain code: a large network takes minutes.\n"
      "Where a model's outputs depart, the smallest part of it that departs by itself is written beside it.");
  const auto arguments = std::make_shared<Arguments>();
  command.option("model", &arguments->model, "engine, or ONNX file", {.type = "FILE", .required = true});
  command.option("--against", &arguments->against, "another engine or model to compare with, in place of the reference", {.type = "FILE"});
  command.option("--load", &arguments->load, "raw elements of an input; the others are random", {.type = "NAME:FILE"});
  command.option("--seed", &arguments->seed, "of random inputs", {.shows_default = true});
  command.option("--tolerance", &arguments->tolerance, "largest error accepted, relative to a tensor's largest value",
                 {.shows_default = true});
  command.flag("--outputs-only", arguments->outputs_only, "leave the tensors in between alone");
  command.option("--reduced", &arguments->reduced, "where to write the part that departs by itself; beside the model", {.type = "FILE"});
  command.flag("--no-reduce", arguments->no_reduce, "do not look for it");
  add_build_options(command, arguments->build);
  command.does([arguments, &console] { run_verify(*arguments, console); });
}

}  // namespace burnish::cli::commands
