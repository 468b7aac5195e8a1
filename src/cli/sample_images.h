// Pictures as network inputs: decoded, scaled to the input's size, normalized, and put into its order of axes.
// Used for calibration and accuracy samples. Files are untrusted; what ImageDecoder reads is read.
#pragma once

#include <filesystem>
#include <span>
#include <vector>

#include "burnish/engine.h"
#include "burnish/tensor.h"

namespace burnish::cli {

/// What a network expects of pixels, which files do not say: (pixel * scale - mean) / deviation, for each channel or all. Inputs of bytes get pixels as
/// they are.
struct ImagePreparation {
  double scale = 1.0 / 255;
  std::vector<double> mean = {0};
  std::vector<double> deviation = {1};
  bool bgr = false;
};

/// Whether the file's name says that it is a picture.
bool is_image(const std::filesystem::path& path);

/// The picture as one element of the batch: dimensions of the input, but 1 for the batch. Inputs are [N,C,H,W] or [N,H,W,C] with 1 or 3 channels.
/// Throws Error.
Tensor image_input(std::span<const std::byte> file, const TensorInfo& input, const ImagePreparation& preparation);

/// Elements of batches, in order, put together to whole batches; what is left over is dropped. Throws Error where there are too few for one.
std::vector<Tensor> whole_batches(const std::vector<Tensor>& elements, const TensorInfo& input);

}  // namespace burnish::cli
