// Building: an ONNX model in, an Engine out. One function and its options; everything it decides can be read from the engine afterwards.
// Called by applications, the command line and the bindings. It never writes files besides the caches named in its options.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "burnish/accuracy.h"
#include "burnish/engine.h"
#include "burnish/layer_types.h"
#include "burnish/logger.h"
#include "burnish/tensor.h"

namespace burnish {

/// Shapes of one network input: TensorRT's optimization profile.
struct ShapeRange {
  Dims min, opt, max;
};

struct BuildConfig {
  /// "cuda", "cpu", "ref", ...: see `burnish devices`. Empty: the GPU where there is one that can be used, else the CPU.
  std::string backend;
  /// Threads the engine is built for and runs with; 0: all cores this process may use.
  int threads = 0;
  /// By input name. Where min and max differ, the size stays open between them, and the engine is tuned for opt. Dynamic dimensions of
  /// inputs without an entry stay open without bounds: an engine learns shapes as they are asked for.
  std::map<std::string, ShapeRange> shapes;
  /// Further optimization profiles beside `shapes`, where sizes stay open: the engine takes what any of them allows, and is tuned for the opt
  /// shapes of each.
  std::vector<std::map<std::string, ShapeRange>> more_profiles;
  /// What dynamic dimensions of inputs without a shape get, with a warning (trtexec: 1). 0: they stay open.
  int64_t default_dimension = 0;

  /// Storage types allowed beside the model's own f32 (`--bf16`, `--fp16`): permissions, never obligations.
  std::vector<DType> permitted;
  /// How far permitted rounding may move the outputs: their cosine with exact ones, on sample data. Nodes stay exact as far as that needs.
  /// 0: rounding is not looked at.
  double min_cosine = 0.999;
  /// In place of `min_cosine`: another measure.
  std::optional<AccuracyBudget> accuracy;
  /// What both are judged on; empty: made-up inputs.
  SampleBatches samples;
  /// Types asked of single layers: permissions for these, and obligations.
  LayerDemands layers;
  /// By input or output name: "f32:0231" (storage and order of axes) where the application wants another format than the model's.
  std::map<std::string, std::string> io_formats;

  /// Search effort 0 to 5 (TensorRT's builder optimization level); 0 measures nothing.
  int optimization_level = 3;
  int average_timing = 8;
  int max_tactics = -1;
  /// Read before and replaced after the build.
  std::filesystem::path timing_cache;
  bool error_on_timing_cache_miss = false;
  /// Text of a choices file: pins tactic and variant of every node named in it.
  std::string choices;

  int64_t pass_limit = -1;            // stop the passes after so many changes (for bisecting)
  std::filesystem::path dump_folder;  // where a failing pass leaves its graph
  std::string force_tactic;           // tests: this tactic wherever it accepts, else the reference
  /// Tactics are left out whose id begins with one of these: "cuda.cudnn.". Sizes that an engine meets later are compiled for with all.
  std::vector<std::string> left_out_tactics;
  bool allow_hard_links = false;  // external data that is hard-linked
  Logger logger;
  /// Told when each stage begins (0 of 1) and ends (1 of 1), under the names of `Stage` and "precision", and how far "timing" is.
  Progress progress;
};

/// Throws Error. Safe to call from several threads at once (they compete for cores while timing).
Engine build(const std::filesystem::path& model, const BuildConfig& config = {});
/// From memory; external data is looked for in `folder`.
Engine build(std::span<const std::byte> model, const BuildConfig& config = {}, const std::filesystem::path& folder = {});

/// Stages of the line at which `build_until` stops and prints what it has.
enum class Stage { import, passes, candidates, assign, plan };
std::optional<Stage> stage_from_name(std::string_view name);
std::string build_until(const std::filesystem::path& model, Stage stage, const BuildConfig& config = {});

}  // namespace burnish
