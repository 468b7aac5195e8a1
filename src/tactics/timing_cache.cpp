// The timing cache as JSON lines. Lines that do not read are skipped with a warning: whoever lost a time measures it again. What a line is
// about shows in its members: "seconds", "refused" or "finding".
#include "tactics/timing_cache.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/file.h"
#include "base/json_text.h"
#include "base/text.h"

namespace burnish::tactics {
namespace {

using Json = nlohmann::json;

/// What a file may say in words; it is shown to users.
constexpr size_t longest_text = 4096;
constexpr size_t most_remarks = size_t{1} << 20U;

std::string line_of(const Json& line) { return json_text(line) + "\n"; }

Json json_of(const TimingKey& key) {
  return {{"request", key.request}, {"tactic", key.tactic}, {"revision", key.revision}, {"variant", key.variant}, {"device", key.device}};
}

Json json_of(const FindingKey& key, const Finding& finding) {
  Json remarks = Json::array();
  for (const auto& [node, text] : finding.remarks) remarks.push_back({node, text});
  return {{"finding", key.kind},  {"version", key.version},       {"network", key.network},
          {"device", key.device}, {"complete", finding.complete}, {"remarks", std::move(remarks)}};
}

uint32_t small_number(const Json& read) {
  if (not read.is_number_unsigned() or read.get<uint64_t>() > UINT32_MAX) fail("{} is no number of 32 bits", json_text(read));
  return read.get<uint32_t>();
}

std::string text_in(const Json& read) {
  auto text = read.get<std::string>();
  if (text.size() > longest_text) fail("a text of {} bytes", text.size());
  return text;
}

TimingKey timing_key(const Json& read) {
  TimingKey key;
  read.at("request").get_to(key.request);
  read.at("tactic").get_to(key.tactic);
  read.at("revision").get_to(key.revision);
  read.at("variant").get_to(key.variant);
  read.at("device").get_to(key.device);
  return key;
}

Finding finding_in(const Json& read) {
  Finding finding{.complete = read.at("complete").get<bool>(), .remarks = {}};
  const Json& remarks = read.at("remarks");
  if (not remarks.is_array() or remarks.size() > most_remarks) fail("the remarks are no list, or too many");
  for (const Json& remark : remarks) {
    if (not remark.is_array() or remark.size() != 2) fail("a remark is no pair");
    if (not finding.remarks.emplace(small_number(remark[0]), text_in(remark[1])).second) fail("two remarks about one node");
  }
  return finding;
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
      cache.read_line(line);
    } catch (const std::exception& error) { warn(logger, fmt::format("timing cache, line {}: skipped ({})", number, error.what())); }
  }
  return cache;
}

/// Throws a JSON or an Error exception where the line is damaged.
void TimingCache::read_line(std::string_view line) {
  const Json read = Json::parse(line);
  if (read.contains("finding")) {
    insert({text_in(read.at("finding")), small_number(read.at("version")), text_in(read.at("network")), text_in(read.at("device"))},
           finding_in(read));
    return;
  }
  TimingKey key = timing_key(read);
  if (read.contains("refused")) {
    if (not find(key)) insert_refusal(std::move(key), text_in(read.at("refused")));
    return;
  }
  const double seconds = read.at("seconds").get<double>();
  if (not std::isfinite(seconds) or seconds < 0) fail("{} is no time", seconds);
  const auto known = find(key);
  insert(std::move(key), known ? std::min(*known, seconds) : seconds);
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
  for (const auto& [key, seconds] : seconds_) {
    Json line = json_of(key);
    line["seconds"] = seconds;
    text += line_of(line);
  }
  for (const auto& [key, reason] : refusals_) {
    Json line = json_of(key);
    line["refused"] = reason;
    text += line_of(line);
  }
  for (const auto& [key, finding] : findings_) text += line_of(json_of(key, finding));
  return text;
}

void TimingCache::write(const std::filesystem::path& path) const { write_file(path, text()); }

std::optional<double> TimingCache::find(const TimingKey& key) const {
  const auto found = seconds_.find(key);
  return found == seconds_.end() ? std::nullopt : std::optional(found->second);
}

void TimingCache::insert(TimingKey key, double seconds) {
  refusals_.erase(key);
  seconds_.insert_or_assign(std::move(key), seconds);
}

std::optional<std::string> TimingCache::find_refusal(const TimingKey& key) const {
  const auto found = refusals_.find(key);
  return found == refusals_.end() ? std::nullopt : std::optional(found->second);
}

void TimingCache::insert_refusal(TimingKey key, std::string reason) {
  if (reason.size() > longest_text) reason.resize(longest_text);
  refusals_.insert_or_assign(std::move(key), std::move(reason));
}

std::optional<Finding> TimingCache::find(const FindingKey& key) const {
  const auto found = findings_.find(key);
  return found == findings_.end() ? std::nullopt : std::optional(found->second);
}

void TimingCache::insert(FindingKey key, Finding finding) { findings_.insert_or_assign(std::move(key), std::move(finding)); }

void TimingCache::merge(const TimingCache& other) {
  for (const auto& [key, seconds] : other.seconds_) {
    const auto known = find(key);
    insert(key, known ? std::min(*known, seconds) : seconds);
  }
  for (const auto& [key, reason] : other.refusals_)
    if (not find(key)) refusals_.try_emplace(key, reason);
  for (const auto& [key, finding] : other.findings_) findings_.try_emplace(key, finding);
}

}  // namespace burnish::tactics
