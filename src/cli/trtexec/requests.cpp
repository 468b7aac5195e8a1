// From what the command line says about shapes and formats to what a build takes.
#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "cli/trtexec/stages.h"
#include "cli/usage_error.h"
#include "tensor/layout.h"

namespace burnish::cli::trtexec {
namespace {

/// A bound that is not given follows from the others, as in TensorRT: opt alone stands for all three.
void fill_in(const Dims*& min, const Dims*& opt, const Dims*& max, const Dims* shape) {
  if (opt == nullptr) opt = max != nullptr ? max : min != nullptr ? min : shape;
  if (min == nullptr) min = opt;
  if (max == nullptr) max = opt;
}

void check_names(const ShapeList& shapes, const std::vector<std::string>& inputs) {
  for (const auto& [pattern, unused] : shapes)
    if (std::none_of(inputs.begin(), inputs.end(), [&, &p = pattern](const std::string& input) { return matches(p, input); }))
      fail("a shape is given for `{}`, but the model has no such input: it has {}", pattern, fmt::join(inputs, ", "));
}

/// "fp16:chw", "chw": TensorRT's words for a storage type and an order of axes, in ours.
std::string format_text(std::string_view words, const Port& port) {
  static constexpr std::pair<std::string_view, DType> types[] = {{"fp32", DType::f32},  {"fp16", DType::f16},    {"bf16", DType::bf16},
                                                                 {"int32", DType::i32}, {"int64", DType::i64},   {"int8", DType::i8},
                                                                 {"uint8", DType::u8},  {"bool", DType::boolean}};
  DType storage = port.dtype;
  if (const size_t colon = words.find(':'); colon != std::string_view::npos) {
    const auto* known =
        std::find_if(std::begin(types), std::end(types), [&](const auto& type) { return type.first == words.substr(0, colon); });
    if (known == std::end(types))
      fail_usage("`{}` is no type of an input or output; there are fp32, fp16, bf16, int32, int64, int8, uint8, bool",
                 words.substr(0, colon));
    storage = known->second;
    words.remove_prefix(colon + 1);
  }
  if (words == "chw" or words == "dla_linear") return fmt::format("{}:{}", name_of(storage), Layout::row_major(port.rank).text());
  if (words == "hwc" or words == "dhwc") return fmt::format("{}:{}", name_of(storage), Layout::channels_last(port.rank).text());
  fail_usage("`{}`: inputs and outputs are in the order chw or hwc here; vectorized orders belong to devices that want them", words);
}

void add_formats(std::map<std::string, std::string>& formats, const std::vector<std::string>& given, const std::vector<Port>& ports,
                 std::string_view flag) {
  if (given.empty()) return;
  if (given.size() != 1 and given.size() != ports.size())
    fail_usage("{} names {} formats; the model has {}: give one for all, or one for each", flag, given.size(), ports.size());
  for (size_t i = 0; i < ports.size(); ++i) {
    const std::string text = format_text(given.size() == 1 ? given[0] : given[i], ports[i]);
    if (text != fmt::format("{}:{}", name_of(ports[i].dtype), Layout::row_major(ports[i].rank).text())) formats[ports[i].name] = text;
  }
}

}  // namespace

std::vector<std::string> shaped_names(const Options& options) {
  const Profile& profile = options.profiles.at(options.profile);
  std::vector<std::string> names;
  for (const ShapeList* list : {&profile.min, &profile.opt, &profile.max, &options.shapes})
    for (const auto& [name, unused] : *list)
      if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  return names;
}

std::map<std::string, ShapeRange> build_shapes(const Options& options, const Profile& profile, const std::vector<std::string>& inputs) {
  for (const ShapeList* list : {&profile.min, &profile.opt, &profile.max, &options.shapes}) check_names(*list, inputs);
  std::map<std::string, ShapeRange> shapes;
  for (const std::string& input : inputs) {
    const Dims* const wanted = find_shape(options.shapes, input);
    const Dims* min = find_shape(profile.min, input);
    const Dims* opt = find_shape(profile.opt, input);
    const Dims* max = find_shape(profile.max, input);
    fill_in(min, opt, max, wanted);
    if (opt == nullptr) continue;
    if (*min == *max and wanted != nullptr and *wanted != *opt)
      fail("input `{}` is to be built for {} and run with {}; give --shapes the sizes of --optShapes", input, text_of(*opt),
           text_of(*wanted));
    shapes[input] = {*min, *opt, *max};
  }
  return shapes;
}

std::map<std::string, std::string> io_formats(const Options& options, const ModelInterface& model) {
  std::map<std::string, std::string> formats;
  add_formats(formats, options.input_formats, model.inputs, "--inputIOFormats");
  add_formats(formats, options.output_formats, model.outputs, "--outputIOFormats");
  return formats;
}

void check_shapes(const Engine& engine, const ShapeList& shapes) {
  for (const auto& [pattern, dims] : shapes) {
    bool found = false;
    std::vector<std::string_view> names;
    for (const TensorInfo& input : engine.inputs()) {
      names.emplace_back(input.name);
      if (not matches(pattern, input.name)) continue;
      found = true;
      if (find_shape(shapes, input.name) == &dims and dims != input.dims and not engine.is_dynamic())
        fail("input `{}` was built for {}, not for {}; build an engine with --shapes={}:{}", input.name, text_of(input.dims), text_of(dims),
             input.name, text_of(dims));
    }
    if (not found) fail("a shape is given for `{}`, but the engine has no such input: it has {}", pattern, fmt::join(names, ", "));
  }
}

}  // namespace burnish::cli::trtexec
