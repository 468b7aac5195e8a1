// The timing cache: what builds learn and later ones need not learn again. Measured seconds by request, tactic, revision, variant and device;
// candidates that their library refuses to build; and findings about whole networks. JSON lines, sorted, mergeable, replaced atomically.
// Timing and the guards of precision read and fill it; users keep it between builds (`--timingCacheFile`). Keys never hold node names. A damaged
// line is skipped with a warning, never an error: the cache is only a shortcut. Versions that know seconds alone skip the other lines likewise.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>

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

/// What was looked into, by which version of the looking, in which network: a hash of all that the finding depends on.
struct FindingKey {
  std::string kind;
  uint32_t version = 0;
  std::string network;  // hash in hexadecimal
  std::string device;
  auto operator<=>(const FindingKey&) const = default;
};

struct Finding {
  bool complete = true;                     // false: it was tried, and given up
  std::map<uint32_t, std::string> remarks;  // by the place of a node in the order of execution
  bool operator==(const Finding&) const = default;
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
  /// Why a candidate cannot be built; nothing where that is not known. A time takes its place.
  std::optional<std::string> find_refusal(const TimingKey& key) const;
  void insert_refusal(TimingKey key, std::string reason);
  std::optional<Finding> find(const FindingKey& key) const;
  void insert(FindingKey key, Finding finding);

  /// The smaller time wins where both know a key, and a time against a refusal.
  void merge(const TimingCache& other);
  /// Lines of all kinds.
  size_t size() const { return seconds_.size() + refusals_.size() + findings_.size(); }
  const std::map<TimingKey, double>& entries() const { return seconds_; }
  const std::map<TimingKey, std::string>& refusals() const { return refusals_; }
  const std::map<FindingKey, Finding>& findings() const { return findings_; }
  bool operator==(const TimingCache&) const = default;

 private:
  void read_line(std::string_view line);

  std::map<TimingKey, double> seconds_;
  std::map<TimingKey, std::string> refusals_;
  std::map<FindingKey, Finding> findings_;
};

}  // namespace burnish::tactics
