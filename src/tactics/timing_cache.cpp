// The timing cache as JSON lines. Lines that do not read are skipped with a warning: whoever lost a time measures it again.
#include "tactics/timing_cache.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"

namespace burnish::tactics {
namespace {

using Json = nlohmann::json;

std::string line_of(const TimingKey& key, double seconds) {
  const Json line = {{"request", key.request}, {"tactic", key.tactic}, {"revision", key.revision},
                     {"variant", key.variant}, {"device", key.device}, {"seconds", seconds}};
  return line.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

/// Throws a JSON or an Error exception where the line is damaged.
std::pair<TimingKey, double> read_line(std::string_view line) {
  const Json read = Json::parse(line);
  TimingKey key;
  read.at("request").get_to(key.request);
  read.at("tactic").get_to(key.tactic);
  read.at("revision").get_to(key.revision);
  read.at("variant").get_to(key.variant);
  read.at("device").get_to(key.device);
  const double seconds = read.at("seconds").get<double>();
  if (not std::isfinite(seconds) or seconds < 0) fail("{} is no time", seconds);
  return {std::move(key), seconds};
}

void warn(const Logger& logger, const std::string& message) {
  if (logger) logger(Severity::warning, message);
}

}  // namespace

TimingCache TimingCache::parse(std::string_view text, const Logger& logger) {
  TimingCache cache;
  size_t number = 0;
  for (const std::string_view line : split(text, '\n')) {
    ++number;
    if (trim(line).empty()) continue;
    try {
      auto [key, seconds] = read_line(line);
      const auto known = cache.find(key);
      cache.insert(std::move(key), known ? std::min(*known, seconds) : seconds);
    } catch (const std::exception& error) { warn(logger, fmt::format("timing cache, line {}: skipped ({})", number, error.what())); }
  }
  return cache;
}

TimingCache TimingCache::read(const std::filesystem::path& path, const Logger& logger) {
  std::error_code error;
  if (not std::filesystem::exists(path, error)) return {};
  std::string text;
  try {
    text = read_text(path);
  } catch (const Error& unreadable) {
    warn(logger, fmt::format("timing cache {}: not read, everything is timed again ({})", path.string(), unreadable.what()));
    return {};
  }
  TimingCache cache = parse(text, logger);
  // It will be replaced: a file of another kind that was named by mistake must not be lost.
  if (cache.size() == 0 and not trim(text).empty())
    fail("{} is no timing cache: not one of its lines reads. Name another file, or remove it", path.string());
  return cache;
}

std::string TimingCache::text() const {
  std::string text;
  for (const auto& [key, seconds] : seconds_) text += line_of(key, seconds);
  return text;
}

void TimingCache::write(const std::filesystem::path& path) const { write_file(path, text()); }

std::optional<double> TimingCache::find(const TimingKey& key) const {
  const auto found = seconds_.find(key);
  return found == seconds_.end() ? std::nullopt : std::optional(found->second);
}

void TimingCache::insert(TimingKey key, double seconds) { seconds_.insert_or_assign(std::move(key), seconds); }

void TimingCache::merge(const TimingCache& other) {
  for (const auto& [key, seconds] : other.seconds_) {
    const auto [place, added] = seconds_.try_emplace(key, seconds);
    if (not added) place->second = std::min(place->second, seconds);
  }
}

}  // namespace burnish::tactics
