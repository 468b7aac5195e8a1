// The compiler: the one place where the stages stand in a row. Every stage is a free function from data to data.
#include "burnish/build.h"

#include <algorithm>
#include <array>
#include <set>
#include <type_traits>

#include "base/error.h"
#include "base/parallel.h"
#include "engine/engine_data.h"
#include "ir/text.h"
#include "onnx/import.h"
#include "passes/pipeline.h"
#include "plan/plan.h"
#include "plan/report.h"
#include "precision/guard.h"
#include "precision/overflow.h"
#include "runtime/loaded_engine.h"
#include "runtime/pass_options.h"
#include "runtime/stages.h"
#include "tactics/assign.h"
#include "tactics/layer_types.h"
#include "tactics/registry.h"
#include "tactics/timing.h"
#include "tactics/timing_file.h"

namespace burnish {
namespace {

void check_range(const std::string& name, const ShapeRange& range) {
  const auto refuse = [&](std::string_view why) {
    fail("input `{}`: {} (min {}, opt {}, max {})", name, why, text_of(range.min), text_of(range.opt), text_of(range.max));
  };
  if (range.min.size() != range.opt.size() or range.max.size() != range.opt.size()) refuse("min, opt and max shapes differ in rank");
  for (size_t axis = 0; axis < range.opt.size(); ++axis)
    if (range.min[axis] < 0 or range.opt[axis] < range.min[axis] or range.max[axis] < range.opt[axis])
      refuse(fmt::format("axis {} is not min <= opt <= max", axis));
}

using Profile = std::map<std::string, ShapeRange>;

std::vector<Profile> profiles_of(const BuildConfig& config) {
  std::vector<Profile> profiles;
  if (not config.shapes.empty()) profiles.push_back(config.shapes);
  profiles.insert(profiles.end(), config.more_profiles.begin(), config.more_profiles.end());
  return profiles;
}

ImportConfig import_config(const BuildConfig& config) {
  ImportConfig made;
  for (const auto& profile : profiles_of(config))
    for (const auto& [name, range] : profile) {
      check_range(name, range);
      const auto [place, first] = made.input_shapes.try_emplace(name, range.opt);
      Dims& fixed = place->second;
      if (fixed.size() != range.opt.size()) fail("input `{}`: the profiles' shapes differ in rank", name);
      for (size_t axis = 0; axis < fixed.size(); ++axis)
        if (range.min[axis] != range.max[axis] or fixed[axis] != range.opt[axis]) fixed[axis] = -1;
    }
  made.allow_hard_links = config.allow_hard_links;
  made.log = config.logger;
  return made;
}

/// Whether the backend asked for has memory of its own. Backends that do not exist are refused later, with a list.
bool computes_on_device(const BuildConfig& config) {
  const tactics::Registry& registry = tactics::registry();
  const std::string_view name = config.backend.empty() ? tactics::default_backend(registry) : std::string_view(config.backend);
  const tactics::Backend* backend = registry.find_backend(name);
  return backend != nullptr and backend->device() != nullptr;
}

passes::PassConfig pass_config(const BuildConfig& config) {
  passes::PassConfig made;
  made.pass_limit = config.pass_limit;
  made.dump_folder = config.dump_folder;
  made.logger = config.logger;
  made.pack_attention = computes_on_device(config);
  runtime::suit(made, config.backend);
  return made;
}

tactics::CandidateConfig candidate_config(const BuildConfig& config) {
  tactics::CandidateConfig made;
  made.backend = config.backend;
  made.threads = config.threads > 0 ? config.threads : available_cores();
  made.permitted = config.permitted;
  for (const DType asked : tactics::storage_asked_for(config.layers))
    if (std::ranges::find(made.permitted, asked) == made.permitted.end()) made.permitted.push_back(asked);
  made.only_tactic = config.force_tactic;
  made.left_out = config.left_out_tactics;
  return made;
}

/// Symbols that stay open because a range of sizes is given for an input that has them.
std::set<std::string> ranged_symbols(const Graph& graph, const BuildConfig& config) {
  std::set<std::string> symbols;
  const std::vector<Profile> profiles = profiles_of(config);
  for (const ValueId input : graph.inputs())
    if (std::ranges::any_of(profiles, [&](const Profile& profile) { return profile.contains(graph.value(input).name); }))
      for (const Dim& dim : graph.type(input).shape)
        for (std::string& symbol : dim.symbols()) symbols.insert(std::move(symbol));
  return symbols;
}

/// Sizes the symbols of inputs that nobody gave a shape, if the application allows it.
void bind_default_dimension(Graph& graph, const BuildConfig& config) {
  if (config.default_dimension <= 0) return;
  DimBindings bindings;
  const std::set<std::string> ranged = ranged_symbols(graph, config);
  for (const ValueId input : graph.inputs()) {
    DimBindings own;
    if (not graph.type(input).is_plain()) continue;
    for (const Dim& dim : graph.type(input).shape)
      for (const std::string& symbol : dim.symbols())
        if (not ranged.contains(symbol)) own[symbol] = config.default_dimension;
    if (own.empty()) continue;
    if (config.logger)
      config.logger(Severity::warning,
                    fmt::format("input `{}` {} is dynamic and no shape is given for it: it is built for {}", graph.value(input).name,
                                graph.type(input).shape.text(), graph.type(input).shape.substituted(own).text()));
    bindings.merge(own);
  }
  if (not bindings.empty()) graph.bind(bindings);
}

tactics::AssignConfig assign_config(const Graph& graph, const BuildConfig& config, const tactics::Choices& pinned) {
  tactics::AssignConfig made;
  if (not config.choices.empty()) made.pinned = &pinned;
  for (const auto& [name, text] : config.io_formats) {
    const size_t colon = text.find(':');
    const auto storage = dtype_from_name(text.substr(0, colon));
    const auto layout = colon == std::string::npos ? std::nullopt : Layout::parse(text.substr(colon + 1));
    if (not storage or not layout) fail("format `{}` of `{}` does not read; an example is f32:0231", text, name);
    made.io_formats[name] = {*storage, *layout};
  }
  std::set<std::string, std::less<>> known;
  for (const ValueId input : graph.inputs()) known.insert(graph.value(input).name);
  for (size_t i = 0; i < graph.outputs().size(); ++i) known.insert(graph.output_name(i));
  for (const auto& [name, format] : made.io_formats)
    if (not known.contains(name)) fail("a format is given for `{}`, which is neither input nor output", name);
  return made;
}

void measure(tactics::CandidateSet& found, tactics::TimingCache& cache, const BuildConfig& config) {
  tactics::TimingConfig timing;
  timing.level = config.choices.empty() ? config.optimization_level : 0;  // pinned: no measuring, so that the bytes repeat
  timing.average = config.average_timing;
  timing.max_tactics = config.max_tactics;
  timing.cache = &cache;
  timing.error_on_miss = config.error_on_timing_cache_miss;
  timing.logger = config.logger;
  timing.progress = config.progress;
  const tactics::TimingReport report = tactics::measure(found, timing);
  if (config.logger)
    config.logger(Severity::info, fmt::format("timing: {} requests, {} distinct, {} candidates timed, {} from the cache, {:.2f} s",
                                              report.requests, report.distinct, report.timed, report.from_cache, report.seconds));
}

/// Whether the build looks after precision itself, because nobody else has chosen.
bool guards_precision(const BuildConfig& config) {
  const bool asked = config.accuracy.has_value() or config.min_cosine > 0;
  return not config.permitted.empty() and asked and config.choices.empty() and config.force_tactic.empty();
}

/// Devices store halves without looking at the outputs, so what halves do not hold is kept from them. The host runs the network, because its
/// kernels need no compiling; false where that would take too long, so that nobody has looked.
bool keep_from_overflow(const Graph& graph, tactics::CandidateSet& found, tactics::TimingFile& known, const BuildConfig& config) {
  if (found.target.space != tactics::Space::device or not guards_precision(config)) return true;
  const OverflowConfig overflow{
      .backend = "cpu", .threads = found.target.threads, .cache = known.has_file() ? &known.cache() : nullptr, .logger = config.logger};
  return burnish::keep_from_overflow(graph, found, overflow).has_value();
}

/// The global choice. Where it may round, its outputs are compared with exact ones, unless somebody else has chosen.
tactics::Assignment choose(const Graph& graph, const tactics::CandidateSet& found, const tactics::Choices& pinned,
                           const BuildConfig& config) {
  tactics::AssignConfig assign = assign_config(graph, config, pinned);
  if (config.layers.ask_anything()) assign.ruled_out = tactics::rule_out(graph, found, config.layers, config.permitted, config.logger);
  tactics::Assignment chosen = tactics::assign(graph, found, assign);
  // On a device every rehearsal would compile and upload all kernels anew: there the permission holds as given, but for overflow.
  if (found.target.space == tactics::Space::device or not guards_precision(config)) return chosen;
  return guard_precision(graph, found, std::move(chosen),
                         {.budget = config.accuracy ? *config.accuracy : cosine_budget(config.min_cosine),
                          .samples = config.samples,
                          .assign = assign,
                          .logger = config.logger});
}

/// What one stage after another makes; `build` and `build_until` walk the same line.
struct Line {
  onnx::ImportedModel model;
  tactics::CandidateSet found;
  tactics::Choices pinned;
  tactics::Assignment chosen;
  plan::Plan plan;
  bool watched = true;  // for numbers that halves do not hold
};

std::string print_candidates(const Graph& graph, const tactics::CandidateSet& found, const std::vector<uint32_t>* chosen) {
  std::string text;
  for (size_t i = 0; i < found.nodes.size(); ++i) {
    const tactics::NodeCandidates& node = found.nodes[i];
    text += fmt::format("{} {}\n", graph.node(node.node).name, node.request.op.text());
    for (size_t c = 0; c < node.candidates.size(); ++c) {
      const tactics::Candidate& candidate = node.candidates[c];
      const bool taken = chosen != nullptr and (*chosen)[i] == c;
      text += fmt::format("  {} {} {} {:.2f} us\n", taken ? "*" : "-", candidate.tactic != nullptr ? candidate.tactic->id() : "alias",
                          candidate.variant.text(), 1e6 * tactics::cost_of(found, candidate));
    }
    for (const tactics::Refusal& refusal : node.refusals) text += fmt::format("  x {}: {}\n", refusal.tactic, refusal.reason);
  }
  return text;
}

/// Runs one stage and tells the application when it begins and ends.
template <class Work>
decltype(auto) staged(const BuildConfig& config, std::string_view stage, Work&& work) {
  const auto tell = [&](size_t done) {
    if (config.progress and not config.progress(stage, done, 1)) fail("the application stopped the build at stage {}", stage);
  };
  tell(0);
  if constexpr (std::is_void_v<std::invoke_result_t<Work>>) {
    work();
    tell(1);
  } else {
    auto result = work();
    tell(1);
    return result;
  }
}

/// Walks the line from the passes up to `last`; returns that stage's text where the build stops there. All sizes are known.
std::string walk(Line& line, const BuildConfig& config, std::optional<Stage> last) {
  Graph& graph = line.model.graph;
  staged(config, "passes", [&] { passes::run(graph, pass_config(config)); });
  if (last == Stage::passes) return print(graph);
  line.found = staged(config, "candidates", [&] { return tactics::candidates(graph, candidate_config(config)); });
  const ThreadCountScope threads(line.found.target.threads);
  if (last == Stage::candidates) return print_candidates(graph, line.found, nullptr);
  tactics::TimingFile known(config.timing_cache, config.logger);
  measure(line.found, known.cache(), config);
  known.save();
  line.watched = staged(config, "precision", [&] { return keep_from_overflow(graph, line.found, known, config); });
  known.save();
  if (not config.choices.empty()) line.pinned = tactics::Choices::parse(config.choices);
  line.chosen = staged(config, "assign", [&] { return choose(graph, line.found, line.pinned, config); });
  if (last == Stage::assign) return print_candidates(graph, line.found, &line.chosen.chosen);
  line.plan = staged(config, "plan", [&] { return plan::make(graph, line.found, line.chosen); });
  return last == Stage::plan ? plan::print(line.plan) : std::string();
}

Engine finish(engine::EngineData data, Line& line, const BuildConfig& config) {
  data.metadata = line.model.metadata;
  return Engine(std::make_shared<const runtime::LoadedEngine>(std::move(data), OpenConfig{.threads = 0, .logger = config.logger}, true));
}

Engine finish(Line& line, const BuildConfig& config) {
  const Graph& graph = line.model.graph;
  std::string report = plan::report(graph, line.found, line.chosen, line.plan);
  std::string choices = tactics::choices_of(graph, line.found, line.chosen).text();
  return finish(engine::make(graph, std::move(line.plan), std::move(choices), std::move(report)), line, config);
}

/// Whether sizes stay open: inputs without a size, control flow, or sizes that only data decide.
bool is_open(const Graph& graph) {
  if (runtime::is_compilable(graph)) return false;
  Graph copy = graph;
  passes::clean(copy);
  return not runtime::is_compilable(copy);
}

/// The graph for the sizes that a profile is tuned for; nothing where they leave some open.
std::optional<Graph> tuned_graph(const Graph& graph, const Profile& profile) {
  Graph tuned = graph;
  DimBindings bindings;
  for (const ValueId input : graph.inputs())
    if (const auto range = profile.find(graph.value(input).name); range != profile.end())
      for (size_t axis = 0; axis < range->second.opt.size(); ++axis)
        if (const std::string symbol(graph.type(input).shape[axis].symbol_name()); not symbol.empty())
          bindings.emplace(symbol, range->second.opt[axis]);
  tuned.bind(bindings);
  passes::clean(tuned);
  return runtime::is_compilable(tuned) ? std::optional(std::move(tuned)) : std::nullopt;
}

std::vector<engine::Profile> stored_profiles(const BuildConfig& config) {
  std::vector<engine::Profile> stored;
  for (const Profile& profile : profiles_of(config)) {
    engine::Profile& one = stored.emplace_back();
    for (const auto& [name, range] : profile) one.emplace(name, engine::SizeRange{range.min, range.opt, range.max});
  }
  return stored;
}

/// The rest of the line for the sizes that a profile is tuned for. The first one's report and choices are the engine's.
void tune(engine::EngineData& data, Graph graph, const BuildConfig& config) {
  Line line{.model = {.graph = std::move(graph), .metadata = {}, .producer = {}}, .found = {}, .pinned = {}, .chosen = {}, .plan = {}};
  walk(line, config, {});
  if (data.plans.empty()) {
    data.report = plan::report(line.model.graph, line.found, line.chosen, line.plan);
    data.choices = tactics::choices_of(line.model.graph, line.found, line.chosen).text();
  }
  data.plans.push_back(std::move(line.plan));
}

/// Passes that need no sizes, then, where a profile names sizes to tune for, the rest of the line for these. All other sizes are compiled
/// for when they are met.
Engine build_open(Line& line, const BuildConfig& config) {
  Graph& graph = line.model.graph;
  if (not config.io_formats.empty()) fail_unsupported("formats of inputs and outputs cannot be asked for where sizes are open");
  if (config.layers.ask_anything() and config.layers.constraints == PrecisionConstraints::obey)
    fail_unsupported("types of layers cannot be obeyed where sizes are open: give the inputs shapes, or prefer types");
  staged(config, "passes", [&] { passes::run_open(graph, pass_config(config)); });
  const tactics::CandidateConfig found = candidate_config(config);
  engine::Recipe recipe{.backend = found.backend.empty() ? std::string(tactics::default_backend()) : found.backend,
                        .threads = found.threads,
                        .permitted = found.permitted};
  engine::EngineData data = engine::make(graph, std::move(recipe), stored_profiles(config));
  for (const Profile& profile : profiles_of(config))
    if (std::optional<Graph> tuned = tuned_graph(graph, profile)) tune(data, std::move(*tuned), config);
  if (data.plans.empty() and config.logger)
    config.logger(Severity::info, "sizes are open: the network is compiled for those it meets, by estimates");
  return finish(std::move(data), line, config);
}

Engine build_line(Line line, const BuildConfig& config) {
  bind_default_dimension(line.model.graph, config);
  if (is_open(line.model.graph)) return build_open(line, config);
  walk(line, config, {});
  Engine engine = finish(line, config);
  const Graph& graph = line.model.graph;
  if (line.watched or gives_numbers(engine, graph)) return engine;
  // Rare, and so allowed to take its time: the device's own float32 kernels have to be compiled first.
  constexpr double patience = 60;
  if (config.logger)
    config.logger(Severity::warning, "precision: the engine gives infinities or NaN on sample data: looking for where they begin");
  const OverflowConfig on_device{.backend = std::string(line.found.backend->name()),
                                 .threads = line.found.target.threads,
                                 .most_seconds = patience,
                                 .logger = config.logger};
  if (burnish::keep_from_overflow(graph, line.found, on_device).value_or(0) == 0) return engine;
  line.chosen = choose(graph, line.found, line.pinned, config);
  line.plan = plan::make(graph, line.found, line.chosen);
  return finish(line, config);
}

}  // namespace

Engine build(const std::filesystem::path& model, const BuildConfig& config) {
  return build_line({.model = staged(config, "import", [&] { return onnx::import_model(model, import_config(config)); }),
                     .found = {},
                     .pinned = {},
                     .chosen = {},
                     .plan = {}},
                    config);
}

Engine build(std::span<const std::byte> model, const BuildConfig& config, const std::filesystem::path& folder) {
  return build_line({.model = staged(config, "import", [&] { return onnx::import_model(model, folder, import_config(config)); }),
                     .found = {},
                     .pinned = {},
                     .chosen = {},
                     .plan = {}},
                    config);
}

std::optional<Stage> stage_from_name(std::string_view name) {
  static constexpr std::array<std::string_view, 5> names{"import", "passes", "candidates", "assign", "plan"};
  const auto found = std::find(names.begin(), names.end(), name);
  return found == names.end() ? std::nullopt : std::optional(static_cast<Stage>(found - names.begin()));
}

std::string build_until(const std::filesystem::path& model, Stage stage, const BuildConfig& config) {
  Line line{.model = staged(config, "import", [&] { return onnx::import_model(model, import_config(config)); }),
            .found = {},
            .pinned = {},
            .chosen = {},
            .plan = {}};
  Graph& graph = line.model.graph;
  if (stage == Stage::import) return print(graph);
  bind_default_dimension(graph, config);
  if (not is_open(graph)) return walk(line, config, stage);
  passes::run_open(graph, pass_config(config));
  if (stage == Stage::passes) return print(graph);
  std::optional<Graph> tuned = tuned_graph(graph, config.shapes);
  if (not tuned) fail("sizes are open or depend on data, so that there is no one plan: give shapes for the inputs, or stop at passes");
  graph = std::move(*tuned);
  return walk(line, config, stage);
}

}  // namespace burnish
