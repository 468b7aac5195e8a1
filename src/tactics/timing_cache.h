// The timing cache: measured seconds by request, tactic, revision, variant and device; JSON lines, sorted, mergeable, replaced atomically.
// Timing reads and fills it; users keep it between builds (`--timingCacheFile`). Keys never hold node names. A damaged line is
// skipped with a warning, never an error: the cache is only a shortcut.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "burnish/logger.h"

namespace burnish::tactics {

struct TimingKey {
  std::string request;  // hash in hexadecimal
  std::string tactic;
  uint32_t revision = 0;
  std::string variant;
  std::string device;
  auto operator<=>(const TimingKey&) const = default;
};

class TimingCache {
 public:
  /// An absent file is an empty cache. Throws Error where the file is of another kind, because `write` would replace it.
  static TimingCache read(const std::filesystem::path& path, const Logger& logger = {});
  void write(const std::filesystem::path& path) const;
  std::string text() const;
  static TimingCache parse(std::string_view text, const Logger& logger = {});

  std::optional<double> find(const TimingKey& key) const;
  void insert(TimingKey key, double seconds);
  /// The smaller time wins where both know a key.
  void merge(const TimingCache& other);
  size_t size() const { return seconds_.size(); }
  const std::map<TimingKey, double>& entries() const { return seconds_; }

 private:
  std::map<TimingKey, double> seconds_;
};

}  // namespace burnish::tactics
