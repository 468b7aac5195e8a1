// burnish build: a model to an engine file, or the compiler stopped half-way.
#include <memory>

#include "base/error.h"
#include "base/file.h"
#include "cli/commands/commands.h"
#include "cli/commands/model_source.h"
#include "cli/output_files.h"
#include "cli/usage_error.h"

namespace burnish::cli::commands {
namespace {

struct Arguments {
  std::filesystem::path model;
  std::filesystem::path output;
  std::filesystem::path save_choices;
  std::string stop_after;
  std::string force_tactic;
  int64_t pass_limit = -1;
  std::filesystem::path dump_folder;
  BuildArguments build;
};

void print_stage(const Arguments& arguments, Stage stage, const BuildConfig& config, Console& console) {
  const std::string text = build_until(arguments.model, stage, config);
  if (arguments.output.empty()) console.raw(text);
  else write_file(arguments.output, text);
}

void run_build(const Arguments& arguments, Console& console) {
  console.set_verbose(arguments.build.verbose);
  check_outputs({arguments.model, arguments.build.choices},
                {arguments.output, arguments.save_choices, arguments.build.timing_cache, arguments.build.accuracy.report});
  BuildConfig config = build_config(arguments.build, arguments.model);
  config.force_tactic = arguments.force_tactic;
  config.pass_limit = arguments.pass_limit;
  config.dump_folder = arguments.dump_folder;
  if (not arguments.stop_after.empty()) {
    config.logger = [&](Severity severity, std::string_view message) {
      if (severity != Severity::info) console.say(severity, message);
    };
    return print_stage(arguments, stage_from_name(arguments.stop_after).value(), config, console);
  }
  if (arguments.output.empty()) fail_usage("where to? give -o FILE, or --stop-after=STAGE to look at a stage of the build");
  const Engine engine = build_as_asked(arguments.model, config, arguments.build, console);
  engine.save(arguments.output);
  if (not arguments.save_choices.empty()) write_file(arguments.save_choices, engine.choices());
  console.info("{}: {} inputs, {} outputs, {:.1f} MiB; a session takes {:.1f} MiB", arguments.output.string(), engine.inputs().size(),
               engine.outputs().size(), static_cast<double>(std::filesystem::file_size(arguments.output)) / 1048576.0,
               static_cast<double>(engine.arena_bytes()) / 1048576.0);
}

}  // namespace

void add_build(Command& app, Console& console) {
  Command command = app.add("build", "Build an engine from an ONNX model");
  command.footer(
      "Example: burnish build model.onnx -o model.engine --shapes input:8x3x224x224\n         burnish build model.onnx "
      "--stop-after=passes");
  const auto arguments = std::make_shared<Arguments>();
  command.option("model", &arguments->model, "ONNX file", {.type = "MODEL", .required = true});
  command.option("-o,--output", &arguments->output, "engine file to write", {.type = "FILE"});
  command.option("--save-choices", &arguments->save_choices, "write which kernel was chosen where", {.type = "FILE"});
  command.option("--stop-after", &arguments->stop_after, "print what this stage made, and end",
                 {.among = {"import", "passes", "candidates", "assign", "plan"}});
  command.option("--force-tactic", &arguments->force_tactic, "use this tactic wherever it accepts, the reference elsewhere",
                 {.type = "ID"});
  command.option("--pass-limit", &arguments->pass_limit, "stop the passes after so many changes, to find the one that breaks something");
  command.option("--dump-folder", &arguments->dump_folder, "where a failing pass leaves its graph", {.type = "FOLDER"});
  add_build_options(command, arguments->build);
  add_sample_options(command, arguments->build.accuracy);
  command.does([arguments, &console] { run_build(*arguments, console); });
}

}  // namespace burnish::cli::commands
