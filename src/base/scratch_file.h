// A file that lives as long as the object: for what stages of one task hand on by path. It is in the system's folder for temporary files, under a
// name that nobody else uses, and is not created here.
#pragma once

#include <filesystem>
#include <string_view>

namespace burnish {

class ScratchFile {
 public:
  /// The name ends with `ending`: ".timings".
  explicit ScratchFile(std::string_view ending);
  ~ScratchFile();
  ScratchFile(const ScratchFile&) = delete;
  ScratchFile& operator=(const ScratchFile&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace burnish
