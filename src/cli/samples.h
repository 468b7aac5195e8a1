// Sample inputs for calibration: files in a folder, one input after another, or random data. Understands NumPy's .npy and raw files.
// Used by `burnish quantize` and `trtexec --int8`. Files are untrusted: sizes and types are checked against the network's inputs.
#pragma once

#include <filesystem>
#include <memory>

#include "burnish/engine.h"
#include "burnish/tensor.h"
#include "cli/values.h"

namespace burnish::cli {

/// A file's elements: of an .npy file with type and dimensions checked, of any other file as they lie. Several batches may follow one another.
/// Throws Error where the size is no multiple of the input's, or the type is another.
std::vector<Tensor> read_batches(const std::filesystem::path& file, const TensorInfo& input);

class Samples {
 public:
  /// A folder with .npy or raw files for the only input, in the order of their names; or with a folder of them for each input, of its name.
  static Samples of_folder(std::filesystem::path folder, size_t limit);
  /// One batch from `files`, by input; what is not given is random.
  static Samples of_files(FileList files, size_t random_batches);

  /// The tensors of one batch; none behind the last.
  std::vector<Tensor> batch(std::span<const TensorInfo> inputs, size_t index) const;

 private:
  void load(std::span<const TensorInfo> inputs) const;

  std::filesystem::path folder_;
  FileList files_;
  size_t limit_ = 0;
  mutable std::vector<std::vector<Tensor>> batches_;  // by input; mapped files stay mapped
  mutable bool loaded_ = false;
};

}  // namespace burnish::cli
