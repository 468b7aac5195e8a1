// burnish run: one inference, its inputs from raw files or random, its outputs summarized, saved, or exported.
#include <algorithm>
#include <cmath>
#include <memory>

#include "base/error.h"
#include "base/file.h"
#include "cli/bound_session.h"
#include "cli/commands/commands.h"
#include "cli/commands/model_source.h"
#include "cli/exports.h"
#include "cli/output_files.h"

namespace burnish::cli::commands {
namespace {

struct Arguments {
  std::filesystem::path model;
  std::vector<std::string> load, save;
  std::filesystem::path json;
  uint64_t seed = 1;
  int64_t values = 8;
  BuildArguments build;
};

FileList files_of(const std::vector<std::string>& texts) {
  FileList files;
  for (const std::string& text : texts)
    for (auto& file : parse_files(text)) files.push_back(std::move(file));
  return files;
}

std::string range_text(const Tensor& tensor) {
  if (tensor.size() == 0 or tensor.dtype() == DType::string or is_complex(tensor.dtype())) return "";
  double least = INFINITY, most = -INFINITY, sum = 0;
  int64_t odd = 0;
  for (int64_t i = 0; i < tensor.size(); ++i) {
    const double value = tensor.number(i);
    if (not std::isfinite(value)) {
      ++odd;
      continue;
    }
    least = std::min(least, value);
    most = std::max(most, value);
    sum += value;
  }
  const auto finite = static_cast<double>(tensor.size() - odd);
  return fmt::format(", min {:.6g}, max {:.6g}, mean {:.6g}{}", least, most, sum / std::max(finite, 1.0),
                     odd > 0 ? fmt::format(", {} are NaN or infinite", odd) : "");
}

std::string first_values(const Tensor& tensor, int64_t count) {
  if (count <= 0 or tensor.dtype() == DType::string or is_complex(tensor.dtype())) return "";
  const Tensor head = Tensor::borrowed(tensor.dtype(), {std::min(count, tensor.size())}, tensor.data());
  std::string text;
  append_values(text, head, " ");
  return fmt::format("\n  {}{}", text, tensor.size() > count ? " ..." : "");
}

void save_outputs(const Arguments& arguments, BoundSession& session) {
  const auto outputs = session.engine().outputs();
  for (const auto& [name, path] : files_of(arguments.save)) {
    const auto found =
        std::find_if(outputs.begin(), outputs.end(), [&, &wanted = name](const TensorInfo& info) { return info.name == wanted; });
    if (found == outputs.end()) fail("`{}` is no output of the network", name);
    write_file(path, session.output_bytes(static_cast<size_t>(found - outputs.begin())));
  }
}

void run_once(const Arguments& arguments, Console& console) {
  std::vector<std::filesystem::path> reads{arguments.model}, writes{arguments.json};
  for (const auto& [name, file] : files_of(arguments.load)) reads.push_back(file);
  for (const auto& [name, file] : files_of(arguments.save)) writes.push_back(file);
  check_outputs(reads, writes);
  const Engine engine = open_or_build(arguments.model, arguments.build, console);
  const Feeds feeds = make_inputs(engine, files_of(arguments.load), arguments.seed, shapes_of(arguments.build));
  BoundSession session(engine, feeds);
  if (const Status status = session.session().run(); not status) throw Error(status.message(), status.code());
  std::vector<NamedOutput> outputs;
  for (size_t i = 0; i < engine.outputs().size(); ++i) {
    outputs.push_back({engine.outputs()[i].name, session.output(i)});
    const Tensor& tensor = outputs.back().tensor;
    console.info("{}: {} {}{}{}", outputs.back().name, name_of(tensor.dtype()), text_of(tensor.dims()), range_text(tensor),
                 first_values(tensor, arguments.values));
  }
  save_outputs(arguments, session);
  if (not arguments.json.empty()) write_file(arguments.json, outputs_json(outputs));
}

}  // namespace

void add_run(Command& app, Console& console) {
  Command command = app.add("run", "Run an engine or a model once");
  command.footer("Example: burnish run model.engine --load input:image.bin --json out.json");
  const auto arguments = std::make_shared<Arguments>();
  command.option("model", &arguments->model, "engine, or ONNX file", {.type = "FILE", .required = true});
  command.option("--load", &arguments->load, "raw elements of an input; the others are random", {.type = "NAME:FILE"});
  command.option("--save", &arguments->save, "write an output's raw elements", {.type = "NAME:FILE"});
  command.option("--json", &arguments->json, "write all outputs as JSON", {.type = "FILE"});
  command.option("--seed", &arguments->seed, "of random inputs", {.shows_default = true});
  command.option("--values", &arguments->values, "how many values of each output to print", {.shows_default = true});
  add_build_options(command, arguments->build);
  command.does([arguments, &console] { run_once(*arguments, console); });
}

}  // namespace burnish::cli::commands
