#include "tactics/timing_file.h"

namespace burnish::tactics {

TimingFile::TimingFile(std::filesystem::path path, const Logger& logger) : path_(std::move(path)) {
  if (has_file()) cache_ = TimingCache::read(path_, logger);
  saved_ = cache_;
}

void TimingFile::save() {
  if (not has_file() or cache_ == saved_) return;
  cache_.write(path_);
  saved_ = cache_;
}

}  // namespace burnish::tactics
