// What both programs ask for when a build should hold an accuracy: the options as typed, and the build.
// Samples come from a folder; without one they are made up.
#pragma once

#include <filesystem>
#include <string>

#include "burnish/mixed_precision.h"
#include "cli/console.h"
#include "cli/samples.h"

namespace burnish::cli {

struct AccuracyArguments {
  std::string accuracy;                                  // "cos:0.999"; empty: none is asked for
  std::filesystem::path samples;                         // a folder
  int64_t most_samples = 0;                              // 0: all
  std::filesystem::path report;                          // JSON to write
  std::string image_scale, image_mean, image_deviation;  // empty: as ImagePreparation has it
  bool image_bgr = false;
};

ImagePreparation image_preparation(const AccuracyArguments& arguments);

/// The samples as a build takes them; empty where there is no folder.
SampleBatches sample_batches(const AccuracyArguments& arguments);

/// The same for calibration: without a folder from `files`, by input; what is not given there either is random.
SampleBatches calibration_batches(const AccuracyArguments& arguments, FileList files);

/// The fastest engine within the accuracy; says what it costs and saves. `int8` permits quantization, with ranges of `calibration` where it has any.
Engine build_accurate(const std::filesystem::path& model, BuildConfig config, const AccuracyArguments& arguments, bool int8,
                      CalibrationRanges calibration, Console& console);

}  // namespace burnish::cli
