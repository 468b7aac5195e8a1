#include "backends/cuda/driver/cudnn_library.h"

#include <fmt/format.h>

#include <array>

#include "backends/cuda/driver/library.h"

namespace burnish::cuda {
namespace {

constexpr int oldest_version = 90200;  // from then on engine configurations tell their workspace

CudnnLibrary load() {
  CudnnLibrary found;
  static constexpr std::array<std::string_view, 1> names{"libcudnn.so.9"};
  const Library library(names);
  if (not library.is_open()) {
    found.reason = "no cuDNN: " + library.reason();
    return found;
  }
  size_t (*get_version)() = nullptr;
  std::string missing;
  load_symbol(library, "cudnnGetVersion", get_version, missing);
  if (get_version != nullptr) found.version = static_cast<int>(get_version());
  if (found.version < oldest_version) found.reason = fmt::format("cuDNN is too old ({}, needed is 9.2)", found.version_text());
  else found.handle = library.handle();
  return found;
}

}  // namespace

std::string CudnnLibrary::version_text() const { return fmt::format("{}.{}.{}", version / 10000, version % 10000 / 100, version % 100); }

const CudnnLibrary& cudnn_library() {
  static const CudnnLibrary found = load();
  return found;
}

}  // namespace burnish::cuda
