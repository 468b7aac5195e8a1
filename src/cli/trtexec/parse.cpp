// One argument after another against the tables; then the few rules that concern more than one flag.
#include "cli/trtexec/parse.h"

#include <algorithm>
#include <filesystem>

#include "base/text.h"
#include "cli/trtexec/flags.h"
#include "cli/usage_error.h"

namespace burnish::cli::trtexec {
namespace {

[[noreturn]] void fail_unknown(std::string_view name) {
  const std::string_view close = nearest(name, flag_names());
  fail_usage("{} is no flag that is known here{}. --help lists all", name, close.empty() ? "" : fmt::format("; did you mean {}?", close));
}

[[noreturn]] void fail_positional(std::string_view argument) {
  if (argument.starts_with('-') and find_flag(fmt::format("-{}", argument.substr(0, argument.find('=')))) != nullptr)
    fail_usage("{} begins with two dashes: -{}", argument, argument);
  fail_usage("`{}` stands alone: values follow their flag after =, as in --onnx=model.onnx", argument);
}

void take(ParsedLine& line, std::string_view argument) {
  if (not argument.starts_with("--") and argument != "-h") fail_positional(argument);
  const size_t equals = argument.find('=');
  const std::string_view name = argument.substr(0, equals);
  const Flag* const flag = find_flag(name);
  if (flag == nullptr) fail_unknown(name);
  const bool has_value = equals != std::string_view::npos;
  const std::string_view value = has_value ? argument.substr(equals + 1) : std::string_view();
  if (flag->effect == Effect::refused) fail_usage("{}: {}", name, flag->text);
  if (flag->value.empty() and has_value) fail_usage("{} takes no value", name);
  if (not flag->value.empty() and value.empty()) fail_usage("{} takes a value: {}={}", name, name, flag->value);
  if (flag->effect == Effect::nothing) line.notes.push_back(fmt::format("{} has no effect: {}", name, flag->text));
  if (flag->set == nullptr) return;
  try {
    flag->set(line.options, value);
  } catch (const UsageError& fault) { fail_usage("{}: {}", name, fault.what()); }
}

void check_together(const Options& o) {
  if (o.help) return;
  if (o.model.empty() and o.load_engine.empty())
    fail_usage("neither a model (--onnx=FILE) nor an engine (--loadEngine=FILE) is given. --help lists all flags");
  if (o.plan_version_only and o.load_engine.empty()) fail_usage("--getPlanVersionOnly needs --loadEngine=FILE");
  if (o.time_deserialize and o.load_engine.empty()) fail_usage("--timeDeserialize needs --loadEngine=FILE");
  if (o.profile >= o.profiles.size())
    fail_usage("--useProfile={}: no shapes are given for that profile; write --profile={} before them", o.profile, o.profile);
}

std::string flag_column(const Flag& flag) {
  return flag.value.empty() ? std::string(flag.name) : fmt::format("{}={}", flag.name, flag.value);
}

}  // namespace

ParsedLine parse_line(const std::vector<std::string>& arguments) {
  ParsedLine line;
  for (const std::string& argument : arguments) take(line, argument);
  check_together(line.options);
  if (not line.options.model.empty() and not line.options.load_engine.empty())
    line.notes.push_back("--onnx is not read: --loadEngine is given");
  return line;
}

std::string help_text() {
  std::string text =
      "Builds an engine from an ONNX model, or loads one, and measures it.\n"
      "Takes the flags of TensorRT's trtexec, versions 8.6 to 11.1.\n\n"
      "  trtexec --onnx=model.onnx --saveEngine=model.engine\n"
      "  trtexec --loadEngine=model.engine --exportTimes=times.json\n"
      "  trtexec --onnx=model.onnx --shapes=input:8x3x224x224 --loadInputs=input:images.bin --exportOutput=out.json\n";
  std::string inert = "\nAccepted, without effect here:\n";
  std::string missing = "\nRefused:\n";
  for (const FlagGroup& group : flag_groups()) {
    std::string rows;
    for (const Flag& flag : group.flags) {
      if (flag.effect == Effect::works) fmt::format_to(std::back_inserter(rows), "  {:36} {}\n", flag_column(flag), flag.text);
      if (flag.effect == Effect::nothing) fmt::format_to(std::back_inserter(inert), "  {:36} {}\n", flag.name, flag.text);
      if (flag.effect == Effect::refused) fmt::format_to(std::back_inserter(missing), "  {:36} {}\n", flag.name, flag.text);
    }
    if (not rows.empty()) text += fmt::format("\n{}:\n{}", group.title, rows);
  }
  return text + inert + missing;
}

}  // namespace burnish::cli::trtexec
