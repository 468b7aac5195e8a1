// burnish cache: what a timing cache holds; several joined into one; entries that nothing here can use any more, dropped.
#include <algorithm>
#include <map>
#include <memory>

#include "base/error.h"
#include "base/file.h"
#include "cli/commands/commands.h"
#include "tactics/registry.h"
#include "tactics/timing_cache.h"

namespace burnish::cli::commands {
namespace {

struct Arguments {
  std::filesystem::path file;
  std::vector<std::filesystem::path> inputs;
  std::string tactic;
  bool all_devices = false;
};

/// Unlike a build, a command about a cache takes a missing file for a mistake.
tactics::TimingCache read_cache(const std::filesystem::path& path, Console& console) {
  return tactics::TimingCache::parse(read_text(path), console.logger());
}

void show(const Arguments& arguments, Console& console) {
  const tactics::TimingCache cache = read_cache(arguments.file, console);
  std::map<std::string, size_t> devices, per_tactic;
  for (const auto& [key, seconds] : cache.entries()) {
    ++devices[key.device];
    ++per_tactic[key.tactic];
    if (not arguments.tactic.empty() and key.tactic == arguments.tactic)
      console.info("{:10.2f} us  {} {} (revision {})", seconds * 1e6, key.request, key.variant, key.revision);
  }
  console.info("{}: {} times", arguments.file.string(), cache.entries().size());
  for (const auto& [device, count] : devices) console.info("{:8}  on {}", count, device);
  for (const auto& [tactic, count] : per_tactic) console.info("{:8}  {}", count, tactic);
  if (not cache.refusals().empty()) console.info("{:8}  candidates that cannot be built", cache.refusals().size());
  if (not cache.findings().empty()) console.info("{:8}  findings about networks", cache.findings().size());
}

void merge(const Arguments& arguments, Console& console) {
  tactics::TimingCache merged;
  for (const std::filesystem::path& input : arguments.inputs) {
    merged.merge(read_cache(input, console));
    console.info("{:8} times after {}", merged.entries().size(), input.string());
  }
  merged.write(arguments.file);
  console.info("wrote {}", arguments.file.string());
}

/// Whether a backend that can be used here has this fingerprint; behind it may stand how a time was taken.
bool is_here(const std::string& device) {
  return std::ranges::any_of(tactics::registry().backends(), [&](const tactics::Backend* backend) {
    return backend->unavailable().empty() and (device == backend->fingerprint() or device.starts_with(backend->fingerprint() + "; "));
  });
}

/// Times of a tactic that is gone or has changed, and, unless all devices are kept, of devices that are not here.
bool is_stale(const tactics::TimingKey& key, bool all_devices) {
  const tactics::Tactic* tactic = tactics::registry().find_tactic(key.tactic);
  if (tactic == nullptr or tactic->revision() != key.revision) return true;
  return not all_devices and not is_here(key.device);
}

void prune(const Arguments& arguments, Console& console) {
  const tactics::TimingCache cache = read_cache(arguments.file, console);
  tactics::TimingCache kept;
  for (const auto& [key, seconds] : cache.entries())
    if (not is_stale(key, arguments.all_devices)) kept.insert(key, seconds);
  for (const auto& [key, reason] : cache.refusals())
    if (not is_stale(key, arguments.all_devices)) kept.insert_refusal(key, reason);
  for (const auto& [key, finding] : cache.findings())
    if (arguments.all_devices or is_here(key.device)) kept.insert(key, finding);
  kept.write(arguments.file);
  console.info("{}: kept {} of {} times", arguments.file.string(), kept.entries().size(), cache.entries().size());
}

}  // namespace

void add_cache(Command& app, Console& console) {
  Command command = app.add("cache", "Show, merge or prune timing caches");
  command.needs_subcommand();
  command.footer("Example: burnish cache show timing.cache\n         burnish cache merge all.cache one.cache two.cache");
  const auto arguments = std::make_shared<Arguments>();
  Command shown = command.add("show", "What a cache holds");
  shown.option("file", &arguments->file, "timing cache", {.type = "FILE", .required = true});
  shown.option("--tactic", &arguments->tactic, "every time of this tactic", {.type = "ID"});
  shown.does([arguments, &console] { show(*arguments, console); });
  Command merged = command.add("merge", "Join caches; of two times for the same work the smaller stays");
  merged.option("output", &arguments->file, "cache to write", {.type = "OUTPUT", .required = true});
  merged.option("inputs", &arguments->inputs, "caches to read", {.type = "FILE", .required = true});
  merged.does([arguments, &console] { merge(*arguments, console); });
  Command pruned = command.add("prune", "Drop times that this build on this machine cannot use");
  pruned.option("file", &arguments->file, "timing cache, replaced", {.type = "FILE", .required = true});
  pruned.flag("--all-devices", arguments->all_devices, "keep the times of other machines");
  pruned.does([arguments, &console] { prune(*arguments, console); });
}

}  // namespace burnish::cli::commands
