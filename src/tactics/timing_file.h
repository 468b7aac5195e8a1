// A timing cache that lives in a file: read when a build begins, replaced whenever something new is known. Without a path it lives as long as the
// build. The build owns one; what is in it is the business of those who fill it.
#pragma once

#include "tactics/timing_cache.h"

namespace burnish::tactics {

class TimingFile {
 public:
  /// As TimingCache::read; an empty path is no file.
  TimingFile(std::filesystem::path path, const Logger& logger);
  TimingCache& cache() { return cache_; }
  bool has_file() const { return not path_.empty(); }
  /// Replaces the file where the cache has changed since the last time.
  void save();

 private:
  std::filesystem::path path_;
  TimingCache cache_, saved_;
};

}  // namespace burnish::tactics
