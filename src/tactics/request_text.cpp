// The text form of requests: one fact a line. Equal text means equal work, therefore the hash is taken from it.
// Parsed text comes from files that people edit: every fault is an Error, and the types are checked by inference.
#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "ir/infer.h"
#include "ir/text.h"
#include "ops/fused.h"
#include "tactics/reformat.h"
#include "tactics/request.h"
#include "tactics/sample_data.h"

namespace burnish::tactics {
namespace {

// Axes, shapes, starts and indices decide what a tactic accepts, so they are part of the request; weights are not.
bool is_written_out(const Tensor& constant) {
  if (constant.rank() > 1) return false;
  return constant.dtype() == DType::i64                                         ? constant.size() <= 64
         : constant.dtype() == DType::i32 or constant.dtype() == DType::boolean ? constant.size() <= 8
                                                                                : false;
}

std::string text_of_operand(const Operand& operand) {
  if (not operand.present) return "input _\n";
  std::string text = "input " + operand.type.text();
  if (operand.constant == nullptr) return text + "\n";
  text += " constant";
  if (is_written_out(*operand.constant)) text += fmt::format(" [{}]", fmt::join(operand.constant->integers(), ","));
  return text + "\n";
}

/// Everything that decides how long the work takes on one device: all but the device and what storage is permitted.
std::string text_of_work(const OpRequest& request) {
  std::string text = "op " + request.op.text() + "\n";
  if (request.has_epilogue()) text += "epilogue " + request.epilogue.text() + "\n";
  text += fmt::format("anchor_inputs {}\n", request.anchor_inputs);
  for (const Operand& operand : request.inputs) text += text_of_operand(operand);
  for (size_t i = 0; i < request.outputs.size(); ++i)
    text += fmt::format("output {}{}\n", request.outputs[i].text(), i < request.wanted.size() and not request.wanted[i] ? " unread" : "");
  for (const Graph& region : request.regions) text += "region " + burnish::quoted(print(region, {.provenance = false, .store = {}})) + "\n";
  return text + fmt::format("threads {}\n", request.target.threads);
}

Tensor constant_of(const TensorType& type, std::string_view written, uint64_t seed) {
  const Dims dims = type.shape.dims();
  if (element_count(dims) > int64_t{1} << 30) fail("a constant of {} is too large", text_of(dims));
  if (written.empty()) return sample_tensor(type.dtype, dims, seed, SampleIntegers::numbers);
  Tensor tensor(type.dtype, dims);
  TextCursor cursor(written);
  cursor.expect("[");
  for (int64_t i = 0; i < tensor.size(); ++i) {
    if (i > 0) cursor.expect(",");
    tensor.set_integer(i, cursor.integer());
  }
  cursor.expect("]");
  if (not cursor.at_end()) cursor.fail_here("expected the end of the constant");
  return tensor;
}

/// "f32[2,3] constant [1,2]": the type is everything before the first blank.
std::pair<TensorType, std::string_view> type_and_rest(std::string_view text) {
  const size_t blank = text.find(' ');
  const TensorType type = TensorType::parse(text.substr(0, blank));
  if (not type.shape.is_static() or type.layout) fail("`{}` is no plain static type", text.substr(0, blank));
  return {type, blank == std::string_view::npos ? std::string_view() : trim(text.substr(blank))};
}

class Reader {
 public:
  OpRequest run(std::string_view text) {
    for (const std::string_view line : split(text, '\n')) {
      ++line_;
      const std::string_view content = trim(line);
      if (not content.empty() and content.front() != '#')
        in_context([&] { return fmt::format("line {} of a request", line_); }, [&] { read(content); });
    }
    check();
    return std::move(request_);
  }

 private:
  void read(std::string_view line) {
    const size_t blank = std::min(line.find(' '), line.size());
    const std::string_view key = line.substr(0, blank);
    const std::string_view value = trim(line.substr(blank));
    if (key == "op") request_.op = parse_operator(value);
    else if (key == "epilogue") request_.epilogue = Expr::parse(value);
    else if (key == "anchor_inputs") request_.anchor_inputs = static_cast<size_t>(number(value, 0, 1 << 20));
    else if (key == "input") read_input(value);
    else if (key == "output") read_output(value);
    else if (key == "region") request_.regions.push_back(parse_graph(TextCursor(value).quoted_string()));
    else if (key == "threads") request_.target.threads = static_cast<int>(number(value, 1, 4096));
    else if (key == "device") request_.target.device = TextCursor(value).quoted_string();
    else if (key == "permit") read_permitted(value);
    else fail("unknown key `{}`; expected op, epilogue, anchor_inputs, input, output, region, threads, device or permit", key);
  }

  static int64_t number(std::string_view text, int64_t least, int64_t most) {
    const int64_t value = TextCursor(text).integer();
    if (value < least or value > most) fail("{} is not between {} and {}", value, least, most);
    return value;
  }

  void read_input(std::string_view text) {
    if (text == "_") {
      request_.inputs.push_back({.present = false, .type = {}, .constant = nullptr});
      return;
    }
    const auto [type, rest] = type_and_rest(text);
    Operand operand{.present = true, .type = type, .constant = nullptr};
    if (rest.starts_with("constant"))
      operand.constant = std::make_shared<const Tensor>(constant_of(type, trim(rest.substr(8)), request_.inputs.size() + 1));
    else if (not rest.empty()) fail("unexpected `{}` after an input", rest);
    request_.inputs.push_back(std::move(operand));
  }

  void read_output(std::string_view text) {
    const auto [type, rest] = type_and_rest(text);
    if (not rest.empty() and rest != "unread") fail("unexpected `{}` after an output", rest);
    request_.outputs.push_back(type);
    request_.wanted.push_back(rest.empty());
  }

  void read_permitted(std::string_view text) {
    const auto dtype = dtype_from_name(text);
    if (not dtype) fail("unknown element type `{}`", text);
    request_.target.permitted.push_back(*dtype);
  }

  void check() const {
    if (not request_.op.defined()) fail("a request needs a line that begins with `op`");
    if (request_.anchor_inputs > request_.inputs.size())
      fail("anchor_inputs is {}, but there are {} inputs", request_.anchor_inputs, request_.inputs.size());
    if (request_.has_epilogue()) request_.epilogue.verify();
    const Op whole = request_.has_epilogue() ? Op(ops::Fused{request_.op, static_cast<int64_t>(request_.anchor_inputs), request_.epilogue})
                                             : request_.op;
    std::vector<InferContext::Input> inputs;
    for (const Operand& operand : request_.inputs) inputs.push_back({operand.present, operand.type, operand.constant, {}});
    InferContext context(std::move(inputs), request_.outputs.size(), request_.regions);
    whole.infer(context);
    for (size_t i = 0; i < request_.outputs.size(); ++i)
      if (not context.outputs()[i].set or context.outputs()[i].type != request_.outputs[i])
        fail("output {} of the request is {}, but the operator gives {}", i, request_.outputs[i].text(), context.outputs()[i].type.text());
  }

  OpRequest request_;
  size_t line_ = 0;
};

}  // namespace

std::string OpRequest::text() const {
  std::string text = text_of_work(*this) + "device " + burnish::quoted(target.device) + "\n";
  for (const DType storage : target.permitted) text += fmt::format("permit {}\n", name_of(storage));
  return text;
}

OpRequest OpRequest::parse(std::string_view text) { return Reader().run(text); }

Hash128 OpRequest::hash() const { return hash_of(text_of_work(*this)); }

}  // namespace burnish::tactics
