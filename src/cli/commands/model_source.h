// What several commands share: a model or an engine named on the command line, and the options to build the former with.
#pragma once

#include "cli/commands/command.h"

#include <filesystem>
#include <string>
#include <vector>

#include "burnish/build.h"
#include "cli/accurate_build.h"
#include "cli/console.h"
#include "cli/progress_bar.h"
#include "cli/values.h"
#include "tactics/registry.h"

namespace burnish::cli::commands {

/// Options of a build, as typed.
struct BuildArguments {
  std::vector<std::string> shapes;
  std::string backend{tactics::default_backend()};
  int threads = 0;
  bool f16 = false;
  bool bf16 = false;
  double min_cosine = BuildConfig{}.min_cosine;
  std::vector<std::string> layer_precisions;
  std::vector<std::string> layer_output_types;
  std::string precision_constraints = "obey";
  AccuracyArguments accuracy;
  bool int8 = false;
  int level = 3;
  std::filesystem::path timing_cache;
  std::filesystem::path choices;
  bool verbose = false;
};

void add_build_options(Command& command, BuildArguments& arguments);
/// Wildcards in shapes are resolved against `model`.
BuildConfig build_config(const BuildArguments& arguments, const std::filesystem::path& model);

/// The shapes as typed: what a run of an engine with open sizes takes.
ShapeList shapes_of(const BuildArguments& arguments);

/// Whether the file begins as engines do. Throws Error where it cannot be read.
bool is_engine_file(const std::filesystem::path& path);
/// Options that say what samples there are, and how pictures become inputs.
void add_sample_options(Command& command, AccuracyArguments& arguments);
/// What the build says goes to the console, how far it is to the bar; both must outlive it.
void listen(BuildConfig& config, ProgressBar& bar, Console& console);
/// Builds with the console's messages and a bar.
Engine build_with_bar(const std::filesystem::path& model, BuildConfig config, Console& console);
/// The same, within an accuracy where the arguments ask for one.
Engine build_as_asked(const std::filesystem::path& model, BuildConfig config, const BuildArguments& arguments, Console& console);
/// An engine is opened, anything else is built as a model.
Engine open_or_build(const std::filesystem::path& path, const BuildArguments& arguments, Console& console);

}  // namespace burnish::cli::commands
