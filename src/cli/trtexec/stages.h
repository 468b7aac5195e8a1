// The stages of a trtexec run after its command line is read. The program calls them in order; each prints what it has to say.
#pragma once

#include "burnish/build.h"
#include "burnish/engine.h"
#include "cli/console.h"
#include "cli/exports.h"
#include "cli/measure.h"
#include "cli/model_interface.h"
#include "cli/trtexec/options.h"

namespace burnish::cli::trtexec {

/// `=== Model Options ===` and its kin.
void echo_options(const Options& options, Console& console);
void print_device(const Options& options, Console& console);

/// The shapes a profile builds for: wildcards resolved, missing bounds filled in. `inputs` are the
/// model's.
std::map<std::string, ShapeRange> build_shapes(const Options& options, const Profile& profile, const std::vector<std::string>& inputs);
/// Every name that shapes are given for.
std::vector<std::string> shaped_names(const Options& options);
/// By name, as BuildConfig takes them.
std::map<std::string, std::string> io_formats(const Options& options, const ModelInterface& model);

/// Builds from --onnx or opens --loadEngine; writes what --saveEngine and its kin ask for. Throws Error.
Engine make_engine(const Options& options, Console& console);
/// Throws Error where --shapes names no input, or other sizes than the engine was built for.
void check_shapes(const Engine& engine, const ShapeList& shapes);

void print_trace(const Measured& measured, const Options& options, Console& console);
void print_summary(const Measured& measured, const Options& options, Console& console);
void print_profile(std::span<const StepProfile> steps, size_t count, Console& console);

}  // namespace burnish::cli::trtexec
