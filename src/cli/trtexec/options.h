// Everything a trtexec command line asks for, typed. Filled from flags, read by the stages of the program; it decides nothing.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "burnish/build.h"
#include "cli/accurate_build.h"
#include "cli/values.h"
#include "tactics/registry.h"

namespace burnish::cli::trtexec {

/// The shapes of one optimization profile, as given.
struct Profile {
  ShapeList min, opt, max;
};

enum class Verbosity { names, detailed, none };

struct Options {
  std::filesystem::path model;
  std::filesystem::path save_engine;
  std::filesystem::path load_engine;
  std::filesystem::path timing_cache;
  bool help = false;
  bool verbose = false;
  bool plan_version_only = false;
  bool skip_inference = false;

  // Building
  std::vector<Profile> profiles{1};
  size_t described_profile = 0;  // which one --minShapes and its kin speak of
  std::vector<std::string> input_formats;
  std::vector<std::string> output_formats;
  std::vector<std::pair<std::string, int64_t>> memory_pools;
  int average_timing = 8;
  int optimization_level = 3;
  int max_tactics = -1;
  bool error_on_timing_cache_miss = false;
  std::vector<std::string> left_out_tactics;  // beginnings of their ids
  bool permit_f16 = false;
  bool permit_bf16 = false;
  bool permit_int8 = false;
  std::filesystem::path calibration;
  double min_cosine = BuildConfig{}.min_cosine;
  LayerDemands layers;
  AccuracyArguments accuracy;
  Verbosity verbosity = Verbosity::names;
  std::string backend{tactics::default_backend()};
  int64_t device = 0;  // has taken effect before options are read: see visible_gpu.h
  int threads = 0;
  std::filesystem::path choices;
  std::filesystem::path save_choices;
  std::filesystem::path export_report;

  // Running
  ShapeList shapes;
  size_t profile = 0;
  FileList inputs;
  int64_t iterations = 10;
  double warm_up_ms = 200;
  double duration_s = 3;
  double sleep_ms = 0;
  double idle_ms = 0;
  int streams = 1;
  bool time_deserialize = false;
  bool transfers = true;
  bool graphs = true;

  // Reporting
  int average_runs = 10;
  std::vector<double> percentiles{90, 95, 99};
  bool dump_output = false;
  bool dump_raw_bindings = false;
  bool dump_profile = false;
  bool dump_layer_info = false;
  bool dump_optimization_profile = false;
  std::filesystem::path export_times;
  std::filesystem::path export_output;
  std::filesystem::path export_profile;
  std::filesystem::path export_layer_info;
};

}  // namespace burnish::cli::trtexec
