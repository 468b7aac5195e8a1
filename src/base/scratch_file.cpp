#include "base/scratch_file.h"

#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <chrono>

namespace burnish {

ScratchFile::ScratchFile(std::string_view ending) {
  static std::atomic<uint32_t> count = 0;
  path_ = std::filesystem::temp_directory_path() /
          fmt::format("burnish-{}-{}-{:x}{}", getpid(), count++, std::chrono::steady_clock::now().time_since_epoch().count(), ending);
}

ScratchFile::~ScratchFile() {
  std::error_code ignored;
  std::filesystem::remove(path_, ignored);
}

}  // namespace burnish
