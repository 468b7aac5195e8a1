// Sample inputs for calibration and for judging accuracy: files in a folder, one input after another, or random data. Understands pictures, NumPy's .npy
// and .npz, and raw files. Used by `burnish quantize`, `--accuracy` and `trtexec --int8`. Files are untrusted: sizes and types are checked against the network's inputs.
#pragma once

#include <filesystem>
#include <memory>

#include "burnish/engine.h"
#include "burnish/tensor.h"
#include "cli/sample_images.h"
#include "cli/values.h"

namespace burnish::cli {

/// A file's elements: of NumPy's files with the type checked, of a picture its prepared pixels as one element of a batch, of any other file the bytes as
/// they lie. Several batches may follow one another. Throws Error where the size is no multiple of the input's, or the type is another.
std::vector<Tensor> read_batches(const std::filesystem::path& file, const TensorInfo& input, const ImagePreparation& images = {});

class Samples {
 public:
  /// A folder with files for the only input, in the order of their names; or with a folder of them for each input, of its name; or of .npz files that
  /// hold all inputs.
  static Samples of_folder(std::filesystem::path folder, size_t limit, ImagePreparation images = {});
  /// One batch from `files`, by input; what is not given is random.
  static Samples of_files(FileList files, size_t random_batches);

  /// The tensors of one batch; none behind the last.
  std::vector<Tensor> batch(std::span<const TensorInfo> inputs, size_t index) const;

 private:
  void load(std::span<const TensorInfo> inputs) const;
  void load_folder(size_t index, std::span<const TensorInfo> inputs) const;

  std::filesystem::path folder_;
  FileList files_;
  ImagePreparation images_;
  size_t limit_ = 0;
  mutable std::vector<std::vector<Tensor>> batches_;  // by input; mapped files stay mapped
  mutable bool loaded_ = false;
};

}  // namespace burnish::cli
