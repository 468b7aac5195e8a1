// burnish tactic: the tactics of this build, and one request tried on each of them.
#include <cmath>
#include <memory>

#include "base/error.h"
#include "base/file.h"
#include "base/parallel.h"
#include "cli/commands/commands.h"
#include "runtime/artifacts.h"
#include "tactics/registry.h"
#include "tactics/timing.h"

namespace burnish::cli::commands {
namespace {

struct Arguments {
  std::filesystem::path request;
  std::string tactic;
  std::string backend{tactics::default_backend()};
  int bundles = 8;
  bool untimed = false;
};

const tactics::Backend& usable_backend(const std::string& name) {
  const tactics::Backend* backend = tactics::registry().find_backend(name);
  if (backend == nullptr) fail("there is no backend `{}`; `burnish devices` lists them", name);
  if (const std::string reason = backend->unavailable(); not reason.empty())
    fail_unsupported("the backend `{}` is unavailable: {}", name, reason);
  return *backend;
}

std::string time_of(const tactics::Backend& backend, const tactics::Tactic& tactic, const tactics::OpRequest& request,
                    const tactics::Variant& variant, int bundles) {
  try {
    runtime::ArtifactStore store(request.target.threads, {});
    const std::unique_ptr<tactics::Kernel> kernel = tactic.build(store, request, variant);
    return fmt::format("{:10.2f} us", 1e6 * tactics::time_kernel(backend, request, variant, *kernel, bundles, INFINITY));
  } catch (const Error& fault) { return fmt::format("failed: {}", fault.what()); }
}

void try_tactic(const tactics::Backend& backend, const tactics::Tactic& tactic, const tactics::OpRequest& request,
                const Arguments& arguments, Console& console) {
  if (const tactics::Verdict verdict = tactic.supports(request); not verdict)
    return console.info("{}: refuses: {}", tactic.id(), verdict.reason());
  tactics::VariantSink sink;
  tactic.variants(request, sink);
  for (const tactics::Variant& variant : sink.variants)
    console.info("{} {}: {}, estimate {:.2f} us, workspace {} bytes", tactic.id(), variant.text(),
                 arguments.untimed ? "not timed" : time_of(backend, tactic, request, variant, arguments.bundles), 1e6 * variant.estimate,
                 variant.workspace);
  for (const auto& [what, reason] : sink.refusals) console.info("{} {}: refuses: {}", tactic.id(), what, reason);
}

void run_request(const Arguments& arguments, Console& console) {
  tactics::OpRequest request = in_context([&] { return fmt::format("reading {}", arguments.request.string()); },
                                          [&] { return tactics::OpRequest::parse(read_text(arguments.request)); });
  const tactics::Backend& backend = usable_backend(arguments.backend);
  request.target.device = backend.fingerprint();
  set_thread_count(request.target.threads);
  bool found = arguments.tactic.empty();
  for (const tactics::Tactic* tactic : tactics::registry().tactics_of(arguments.backend)) {
    if (not arguments.tactic.empty() and tactic->id() != arguments.tactic) continue;
    found = true;
    try_tactic(backend, *tactic, request, arguments, console);
  }
  if (not found) fail("the backend `{}` has no tactic `{}`; `burnish tactic list` names all", arguments.backend, arguments.tactic);
}

void list_tactics(Console& console) {
  for (const tactics::Backend* backend : tactics::registry().backends())
    for (const tactics::Tactic* tactic : tactics::registry().tactics_of(backend->name()))
      console.info("{:40} revision {}", tactic->id(), tactic->revision());
}

}  // namespace

void add_tactic(Command& app, Console& console) {
  Command command = app.add("tactic", "List tactics, or try one request on them");
  command.needs_subcommand();
  command.footer("Example: burnish explain model.engine --node Conv_0 --request > request.txt\n         burnish tactic run request.txt");
  command.add("list", "Every tactic of this build").does([&console] { list_tactics(console); });
  Command run = command.add("run", "Try a request: candidates, refusals, times");
  const auto arguments = std::make_shared<Arguments>();
  run.option("request", &arguments->request, "text of a request, as `burnish explain --request` prints it",
             {.type = "FILE", .required = true});
  run.option("--tactic", &arguments->tactic, "only this one", {.type = "ID"});
  run.option("--backend", &arguments->backend, "whose tactics", {.shows_default = true});
  run.option("--bundles", &arguments->bundles, "timings that are averaged", {.shows_default = true, .range = {{1, 10000}}});
  run.flag("--untimed", arguments->untimed, "list candidates without running them");
  run.does([arguments, &console] { run_request(*arguments, console); });
}

}  // namespace burnish::cli::commands
