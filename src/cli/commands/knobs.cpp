// burnish knobs: everything a build can be told, with its default, its meaning, and its name in each interface.
#include <array>
#include <string>

#include "burnish/build.h"
#include "cli/commands/commands.h"

namespace burnish::cli::commands {
namespace {

struct Knob {
  std::string_view name;     // field of BuildConfig
  std::string_view burnish;  // flag of burnish build; empty: none
  std::string_view trtexec;
  std::string_view type;
  std::string standard;
  std::string_view meaning;
};

std::array<Knob, 20> knobs() {
  const BuildConfig standard;
  return {{
      {"backend", "--backend", "--backend", "name", standard.backend, "the device family to build for"},
      {"threads", "--threads", "--cpuThreads", "integer, 0: all cores", std::to_string(standard.threads),
       "threads the engine runs with; part of what is timed"},
      {"shapes", "--shapes", "--shapes, --optShapes", "name to dims", "the model's", "sizes of dynamic inputs"},
      {"default_dimension", "", "", "integer, 0: an error", std::to_string(standard.default_dimension),
       "what dynamic dimensions without a shape get; both programs set 1"},
      {"permitted", "--bf16, --fp16", "--bf16, --fp16, --best", "storage types", "none",
       "types that tensors may be stored in besides the model's"},
      {"min_cosine", "--min-cosine", "--minCosine", "0 to 1, 0: not looked at", fmt::format("{}", standard.min_cosine),
       "how near permitted types must keep the outputs to exact ones, on sample data"},
      {"accuracy", "--accuracy", "--accuracy", "measure and bound", "none", "in place of min_cosine: cos:0.999, max:1e-2 or top1:0.99"},
      {"layers.precisions", "--layer-precisions", "--layerPrecisions", "layer to type", "none", "what layers of a name compute in"},
      {"layers.output_types", "--layer-output-types", "--layerOutputTypes", "layer to types", "none", "how their results are stored"},
      {"layers.constraints", "--precision-constraints", "--precisionConstraints", "none, prefer, obey", "none; burnish build: obey",
       "what becomes of a type that no kernel of the layer has"},
      {"io_formats", "", "--inputIOFormats, --outputIOFormats", "name to format", "the model's",
       "type and order of axes of inputs and outputs"},
      {"optimization_level", "--level", "--builderOptimizationLevel", "0 to 5", std::to_string(standard.optimization_level),
       "how many candidates are timed; 0 trusts estimates"},
      {"average_timing", "", "--avgTiming", "integer", std::to_string(standard.average_timing), "timings averaged for each candidate"},
      {"max_tactics", "", "--maxTactics", "integer, -1: by level", std::to_string(standard.max_tactics),
       "candidates timed for each request"},
      {"timing_cache", "--timing-cache", "--timingCacheFile", "file", "none", "times kept between builds"},
      {"error_on_timing_cache_miss", "", "--errorOnTimingCacheMiss", "yes or no", "no", "fail rather than time"},
      {"choices", "--choices", "--choices", "text", "none", "tactic and variant of nodes, pinned; nothing is timed then"},
      {"pass_limit", "--pass-limit", "", "integer, -1: none", std::to_string(standard.pass_limit),
       "changes that passes may make, to find the one that breaks something"},
      {"left_out_tactics", "", "--tacticSources", "beginnings of ids", "none", "tactics that are not used, such as those of a library"},
      {"force_tactic", "--force-tactic", "", "tactic id", "none", "one tactic wherever it accepts, the reference elsewhere"},
  }};
}

}  // namespace

void add_knobs(Command& app, Console& console) {
  Command command = app.add("knobs", "List what a build can be told");
  command.footer("Example: burnish knobs");
  command.does([&console] {
    for (const Knob& knob : knobs()) {
      console.info("{} ({}), default {}", knob.name, knob.type, knob.standard);
      console.info("    {}", knob.meaning);
      if (not knob.burnish.empty()) console.info("    burnish build {}", knob.burnish);
      if (not knob.trtexec.empty()) console.info("    trtexec {}", knob.trtexec);
    }
  });
}

}  // namespace burnish::cli::commands
