// burnish devices: every backend of this build, what it found, or why it cannot be used.
#include "cli/commands/commands.h"
#include "tactics/registry.h"

namespace burnish::cli::commands {

void add_devices(Command& app, Console& console) {
  Command command = app.add("devices", "List the backends and what they found on this machine");
  command.footer("Example: burnish devices");
  command.does([&console] {
    for (const tactics::Backend* backend : tactics::registry().backends()) {
      const std::string reason = backend->unavailable();
      console.info(
          "{}: {}", backend->name(),
          reason.empty() ? fmt::format("{} tactics", tactics::registry().tactics_of(backend->name()).size()) : "unavailable: " + reason);
      if (not reason.empty()) continue;
      for (const auto& [what, value] : backend->description()) console.info("  {}: {}", what, value);
      console.info("  fingerprint: {}", backend->fingerprint());
    }
  });
}

}  // namespace burnish::cli::commands
