// One run from its banner to its verdict.
#include "cli/trtexec/program.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <new>

#include "base/error.h"
#include "base/file.h"
#include "burnish/version.h"
#include "cli/interrupt.h"
#include "cli/output_files.h"
#include "cli/trtexec/parse.h"
#include "cli/trtexec/stages.h"
#include "cli/trtexec/visible_gpu.h"
#include "cli/usage_error.h"
#include "engine/engine_data.h"
#include "engine/file.h"

namespace burnish::cli::trtexec {
namespace {

void print_plan_version(const Options& options, Console& console) {
  const MappedFile file(options.load_engine);
  const engine::FileHeader header = engine::read_header(file.bytes());
  console.info("Engine {} was built by {} (engine file version {})", options.load_engine.string(), header.producer, header.version);
}

std::string file_name_of(std::string name) {
  std::replace_if(name.begin(), name.end(), [](unsigned char c) { return std::isalnum(c) == 0 and c != '_' and c != '-'; }, '_');
  return name;
}

/// Raw files as trtexec names them: input_0_NAME.DIMS.TYPE.bin in the working directory.
void dump_raw(const TensorInfo& info, const Dims& dims, std::string_view kind, std::span<const std::byte> bytes, Console& console) {
  const std::string path = fmt::format("{}.{}.{}.{}.bin", kind, file_name_of(info.name), text_of(dims), name_of(info.dtype));
  write_file(path, bytes);
  console.info("Wrote {}", path);
}

void report_outputs(const Options& options, BoundSession& session, const Feeds& feeds, Console& console) {
  const Engine& engine = session.engine();
  if (options.dump_output) {
    console.info("Output Tensors:");
    for (size_t i = 0; i < engine.outputs().size(); ++i) {
      const Tensor tensor = session.output(i);
      std::string values;
      append_values(values, tensor, " ");
      console.info("{}: ({}) {}", engine.outputs()[i].name, text_of(tensor.dims()), values);
    }
  }
  if (not options.export_output.empty()) {
    std::vector<NamedOutput> outputs;
    for (size_t i = 0; i < engine.outputs().size(); ++i) outputs.push_back({engine.outputs()[i].name, session.output(i)});
    write_file(options.export_output, outputs_json(outputs));
  }
  if (not options.dump_raw_bindings) return;
  for (size_t i = 0; i < feeds.bytes.size(); ++i) dump_raw(engine.inputs()[i], feeds.dims[i], "input", feeds.bytes[i], console);
  for (size_t i = 0; i < engine.outputs().size(); ++i)
    dump_raw(engine.outputs()[i], session.output(i).dims(), "output", session.output_bytes(i), console);
}

MeasureConfig measure_config(const Options& o) {
  MeasureConfig config;
  config.warm_up_ms = o.warm_up_ms;
  config.duration_s = o.duration_s;
  config.iterations = o.iterations;
  config.sleep_ms = o.sleep_ms;
  config.idle_ms = o.idle_ms;
  config.transfers = o.transfers;
  if (o.duration_s < 0) {
    note_interrupts();
    config.stop = interrupted;
  }
  return config;
}

void report_profile(const Options& o, BoundSession& session, Console& console) {
  MeasureConfig config = measure_config(o);
  if (config.duration_s < 0) config.duration_s = 3;
  const Measured measured = profile(session, config);
  const std::vector<StepProfile> steps = step_profiles(session.session(), measured.steps);
  if (o.dump_profile) print_profile(steps, measured.queries.size(), console);
  if (not o.export_profile.empty()) write_file(o.export_profile, profile_json(steps, measured.queries.size()));
}

void infer(const Options& o, const Engine& engine, Console& console) {
  const Feeds feeds = make_inputs(engine, o.inputs, 1, o.shapes);
  std::vector<BoundSession> sessions;
  for (int i = 0; i < o.streams; ++i) sessions.emplace_back(engine, feeds, SessionConfig{.graphs = o.graphs});
  console.info("Starting inference");
  const Measured measured = measure(sessions, measure_config(o));
  if (measured.queries.empty()) fail("not one query was measured: --iterations=0 with --duration=0, or an interrupt before the first");
  console.info("Warmup completed {} queries over {:.6g} ms", measured.warm_up_queries, measured.warm_up_ms);
  console.info("Timing trace has {} queries over {:.6g} s", measured.queries.size(), measured.wall_ms / 1e3);
  print_trace(measured, o, console);
  print_summary(measured, o, console);
  if (not o.export_times.empty()) write_file(o.export_times, times_json(measured.queries));
  if (o.dump_profile or not o.export_profile.empty()) report_profile(o, sessions[0], console);
  report_outputs(o, sessions[0], feeds, console);
}

void print_shapes(const Engine& engine, Console& console) {
  if (engine.is_dynamic() and engine.data().profiles.empty()) return console.info("No optimization profile: the engine takes any shapes");
  for (size_t i = 0; i < engine.data().profiles.size(); ++i) {
    console.info("Optimization Profile {}:", i);
    for (const auto& [name, range] : engine.data().profiles[i])
      console.info("  {}: min = {}, opt = {}, max = {}", name, text_of(range.min), text_of(range.opt), text_of(range.max));
  }
  if (engine.is_dynamic()) return;
  console.info("Optimization Profile 0:");
  for (const TensorInfo& input : engine.inputs()) console.info("  {}: min = opt = max = {}", input.name, text_of(input.dims));
}

void check_files(const Options& o) {
  std::vector<std::filesystem::path> reads{o.model, o.load_engine, o.choices};
  for (const auto& [name, file] : o.inputs) reads.push_back(file);
  check_outputs(reads, {o.save_engine, o.timing_cache, o.save_choices, o.export_report, o.export_times, o.export_output, o.export_profile,
                        o.export_layer_info});
}

void run_stages(const ParsedLine& line, Console& console) {
  const Options& o = line.options;
  if (o.plan_version_only) return print_plan_version(o, console);
  check_files(o);
  echo_options(o, console);
  for (const std::string& note : line.notes) console.warning("{}", note);
  print_device(o, console);
  console.info("Burnish version: {}", version_text());
  const Engine engine = make_engine(o, console);
  if (o.dump_optimization_profile) print_shapes(engine, console);
  if (o.time_deserialize) return;
  if (o.skip_inference) return console.info("Skipped inference phase since --skipInference is added.");
  infer(o, engine, console);
}

std::string banner(std::string_view what, const std::string& command) {
  const auto version = fmt::format("{:02}{:02}{:02}", BURNISH_VERSION_MAJOR, BURNISH_VERSION_MINOR, BURNISH_VERSION_PATCH);
  return fmt::format("&&&& {} TensorRT.trtexec [Burnish v{}] # {}", what, version, command);
}

int failed(Console& console, const std::string& command, const std::string& fault, int status) {
  console.error("{}", fault);
  console.raw(banner("FAILED", command));
  return status;
}

}  // namespace

int run(const std::string& name, const std::vector<std::string>& arguments) {
  Console console(Console::Style::timestamped);
  const std::string command = arguments.empty() ? name : fmt::format("{} {}", name, fmt::join(arguments, " "));
  try {
    show_asked_gpu(arguments);  // before options ask what backends there are
    const ParsedLine line = parse_line(arguments);
    if (line.options.help) {
      console.raw(help_text());
      return exit_ok;
    }
    console.set_verbose(line.options.verbose);
    console.raw(banner("RUNNING", command));
    run_stages(line, console);
    console.raw(banner("PASSED", command));
    return exit_ok;
  } catch (const UsageError& fault) { return failed(console, command, fault.what(), exit_usage); } catch (const Error& fault) {
    return failed(console, command, fault.what(), exit_failure);
  } catch (const std::bad_alloc&) {
    return failed(console, command, "there is not enough memory", exit_failure);
  } catch (const std::exception& fault) { return failed(console, command, fault.what(), exit_failure); }
}

}  // namespace burnish::cli::trtexec
