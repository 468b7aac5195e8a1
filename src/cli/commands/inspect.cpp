// burnish inspect: what an engine file holds, without running it.
#include <memory>

#include "base/error.h"
#include "base/file.h"
#include "cli/commands/commands.h"
#include "cli/commands/model_source.h"
#include "cli/layer_info.h"
#include "engine/file.h"

namespace burnish::cli::commands {
namespace {

struct Arguments {
  std::filesystem::path engine;
  bool steps = false;
  bool graph = false;
  bool json = false;
};

double mebibytes(uint64_t bytes) { return static_cast<double>(bytes) / 1048576.0; }

void print_bindings(std::string_view kind, const std::vector<plan::Binding>& bindings, Console& console) {
  for (const plan::Binding& binding : bindings)
    console.info("{} {}: {} {}, stored {}, {} bytes", kind, binding.name, name_of(binding.dtype), text_of(binding.dims),
                 binding.format.text(), tactics::stored_bytes(binding.format, binding.dims));
}

uint64_t constant_bytes(const engine::EngineData& data) {
  uint64_t sum = 0;
  for (const auto& [hash, tensor] : data.constants) sum += tensor->bytes();
  return sum;
}

uint64_t artifact_bytes(const engine::EngineData& data) {
  uint64_t sum = 0;
  for (const auto& [hash, tensor] : data.artifacts) sum += tensor.bytes();
  return sum;
}

void print_plan(const plan::Plan& plan, bool steps, Console& console) {
  console.info("plan for {} with {} threads, on {}", plan.backend, plan.threads, plan.device);
  console.info("  {} steps, expected {:.3f} ms; {} tensors; session memory {:.2f} MiB (lower bound {:.2f}, without reuse {:.2f})",
               plan.steps.size(), plan.expected_seconds * 1e3, plan.tensors.size(),
               mebibytes(static_cast<uint64_t>(plan.memory.arena_bytes)), mebibytes(static_cast<uint64_t>(plan.memory.lower_bound)),
               mebibytes(static_cast<uint64_t>(plan.memory.without_reuse)));
  if (steps) console.info("{}", plan::print(plan));
}

void run_inspect(const Arguments& arguments, Console& console) {
  if (not is_engine_file(arguments.engine))
    fail("{} is no engine file; to look at a model, use `burnish build {} --stop-after=import`", arguments.engine.string(),
         arguments.engine.string());
  if (arguments.json) return console.raw(layer_info_json(Engine::open(arguments.engine), true));
  const MappedFile file(arguments.engine);
  const engine::FileHeader header = engine::read_header(file.bytes());
  const engine::EngineData data = engine::read(arguments.engine);
  if (arguments.graph) return console.raw(data.graph);
  console.info("{}: engine file version {}, built by {}", arguments.engine.string(), header.version, header.producer);
  console.info("  {:.2f} MiB: body {:.2f}, weights {:.2f} ({} constants), packed weights {:.2f} ({})", mebibytes(header.file_bytes),
               mebibytes(header.body_bytes), mebibytes(constant_bytes(data)), data.constants.size(), mebibytes(artifact_bytes(data)),
               data.artifacts.size());
  console.info("model {}", data.name);
  for (const auto& [key, value] : data.metadata) console.info("  {}: {}", key, value);
  for (const plan::Plan& plan : data.plans) {
    print_bindings("input", plan.inputs, console);
    print_bindings("output", plan.outputs, console);
    print_plan(plan, arguments.steps, console);
  }
}

}  // namespace

void add_inspect(Command& app, Console& console) {
  Command command = app.add("inspect", "Show what an engine file holds");
  command.footer("Example: burnish inspect model.engine --steps");
  const auto arguments = std::make_shared<Arguments>();
  command.option("engine", &arguments->engine, "engine file", {.type = "FILE", .required = true});
  command.flag("--steps", arguments->steps, "every step of the plan");
  command.flag("--graph", arguments->graph, "only the graph that it computes");
  command.flag("--json", arguments->json, "layers and bindings as JSON");
  command.does([arguments, &console] { run_inspect(*arguments, console); });
}

}  // namespace burnish::cli::commands
