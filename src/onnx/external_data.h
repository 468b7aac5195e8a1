// Tensors whose bytes lie in files beside the model. Used by the tensor reader; maps each file once.
// A location is a hostile string: it never leaves the model's folder, by dots, by links of either kind, or by a race.
// The one exception is the layout of model caches: where the model's own path is a symbolic link, data links may lead into the
// folder that holds the real model file.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>

#include "base/file.h"
#include "onnx/proto.h"

namespace burnish::onnx {

class ExternalData {
 public:
  /// `model` is the path of the model file, or empty for a model in memory.
  ExternalData(std::filesystem::path folder, const std::filesystem::path& model, bool allow_hard_links);

  struct Bytes {
    std::span<const std::byte> bytes;
    std::shared_ptr<const MappedFile> file;
  };
  /// The bytes `tensor` names, which must be `needed` many. Throws Error that names the location.
  Bytes find(const proto::TensorProto& tensor, size_t needed);

 private:
  struct File {
    std::shared_ptr<const MappedFile> mapped;
    std::map<size_t, size_t> ranges;  // begin to end, of the tensors read so far
  };
  File& open(const std::string& location);
  std::shared_ptr<const MappedFile> open_inside(const std::filesystem::path& folder, const std::string& location) const;
  void check_place(const std::filesystem::path& real, const std::filesystem::path& real_folder, const std::string& location) const;

  std::filesystem::path folder_;
  std::filesystem::path store_;  // the folder of the real model file, where the model's path is a symbolic link; else empty
  bool allow_hard_links_;
  std::map<std::string, File> files_;
};

}  // namespace burnish::onnx
