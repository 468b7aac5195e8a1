// Text is appended to one buffer: no stream, no tree of JSON values in between.
#include "cli/exports.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numeric>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/json_text.h"
#include "tensor/number.h"

namespace burnish::cli {
namespace {

template <class T>
void append_number(std::string& text, T value) {
  if constexpr (std::is_floating_point_v<T>) {
    if (std::isnan(value)) {
      text += "NaN";
      return;
    }
    if (std::isinf(value)) {
      text += value < 0 ? "-Infinity" : "Infinity";
      return;
    }
  }
  char digits[40];
  const auto [end, error] = std::to_chars(digits, digits + sizeof digits, value);
  text.append(digits, end);
}

/// One element at a time through `read(index)`.
template <class Read>
void append_all(std::string& text, int64_t count, std::string_view separator, const Read& read) {
  text.reserve(text.size() + static_cast<size_t>(count) * 12);
  for (int64_t i = 0; i < count; ++i) {
    if (i > 0) text += separator;
    append_number(text, read(i));
  }
}

std::string json_string(std::string_view text) { return json_text(nlohmann::json(text)); }

template <class T>
T load(const Tensor& tensor, int64_t index) {
  T value;
  __builtin_memcpy(&value, tensor.data() + static_cast<size_t>(index) * sizeof(T), sizeof(T));
  return value;
}

void append_strings(std::string& text, const Tensor& tensor, std::string_view separator) {
  bool first = true;
  for (const std::string& value : tensor.strings()) {
    if (not std::exchange(first, false)) text += separator;
    text += json_string(value);
  }
}

}  // namespace

void append_values(std::string& text, const Tensor& tensor, std::string_view separator) {
  const DType dtype = tensor.dtype();
  const auto each = [&](const auto& read) { append_all(text, tensor.size(), separator, read); };
  if (is_complex(dtype)) fail_unsupported("values of type {} are not written as text", name_of(dtype));
  switch (dtype) {
    case DType::string: return append_strings(text, tensor, separator);
    case DType::f32: return each([&](int64_t i) { return load<float>(tensor, i); });
    case DType::f64: return each([&](int64_t i) { return load<double>(tensor, i); });
    case DType::f16: return each([&](int64_t i) { return float_from_f16(load<uint16_t>(tensor, i)); });
    case DType::bf16: return each([&](int64_t i) { return float_from_bf16(load<uint16_t>(tensor, i)); });
    case DType::i64: return each([&](int64_t i) { return load<int64_t>(tensor, i); });
    case DType::u64: return each([&](int64_t i) { return load<uint64_t>(tensor, i); });
    default: break;
  }
  const size_t size = byte_size(dtype);
  if (is_floating(dtype))
    return each([&](int64_t i) { return static_cast<float>(load_number(dtype, tensor.data() + static_cast<size_t>(i) * size)); });
  each([&](int64_t i) { return load_integer(dtype, tensor.data() + static_cast<size_t>(i) * size); });
}

std::string times_json(std::span<const QueryTime> queries) {
  std::string text = "[\n";
  for (size_t i = 0; i < queries.size(); ++i) {
    const QueryTime& q = queries[i];
    fmt::format_to(
        std::back_inserter(text),
        R"({} {{ "startEnqMs" : {:.6g}, "endEnqMs" : {:.6g}, "startH2dMs" : {:.6g}, "endH2dMs" : {:.6g}, "startComputeMs" : {:.6g}, )"
        R"("endComputeMs" : {:.6g}, "startD2hMs" : {:.6g}, "endD2hMs" : {:.6g}, "h2dMs" : {:.6g}, "computeMs" : {:.6g}, "d2hMs" : {:.6g}, )"
        R"("latencyMs" : {:.6g} }})",
        i == 0 ? " " : ",", q.enqueue.begin, q.enqueue.end, q.h2d.begin, q.h2d.end, q.compute.begin, q.compute.end, q.d2h.begin, q.d2h.end,
        q.h2d.length(), q.compute.length(), q.d2h.length(), q.latency());
    text += '\n';
  }
  return text + "]\n";
}

std::string outputs_json(std::span<const NamedOutput> outputs) {
  std::string text = "[\n";
  for (size_t i = 0; i < outputs.size(); ++i) {
    const auto& [name, tensor] = outputs[i];
    fmt::format_to(std::back_inserter(text), R"({} {{ "name" : {}, "dimensions" : "{}", "values" : [ )", i == 0 ? " " : ",",
                   json_string(name), text_of(tensor.dims()));
    append_values(text, tensor, ", ");
    text += " ] }\n";
  }
  return text + "]\n";
}

std::string profile_json(std::span<const StepProfile> steps, size_t count) {
  std::string text = fmt::format("[\n  {{ \"count\" : {} }}\n", count);
  for (const StepProfile& step : steps)
    fmt::format_to(std::back_inserter(text),
                   R"(, {{ "name" : {}, "timeMs" : {:.6g}, "averageMs" : {:.6g}, "medianMs" : {:.6g}, "percentage" : {:.6g} }}{})",
                   json_string(step.name), step.total_ms, step.average_ms, step.median_ms, step.percentage, "\n");
  return text + "]\n";
}

std::vector<StepProfile> step_profiles(const Session& session, std::span<const std::vector<double>> queries) {
  std::vector<StepProfile> profiles;
  double whole = 0;
  for (size_t step = 0; step < session.step_count(); ++step) {
    std::vector<double> ms;
    for (const std::vector<double>& query : queries) ms.push_back(query.at(step) * 1e3);
    std::sort(ms.begin(), ms.end());
    StepProfile& profile = profiles.emplace_back();
    profile.name = session.step_name(step);
    if (ms.empty()) continue;
    profile.total_ms = std::accumulate(ms.begin(), ms.end(), 0.0);
    profile.average_ms = profile.total_ms / static_cast<double>(ms.size());
    profile.median_ms = median_of(ms);
    whole += profile.total_ms;
  }
  for (StepProfile& profile : profiles) profile.percentage = whole > 0 ? 100 * profile.total_ms / whole : 0;
  return profiles;
}

}  // namespace burnish::cli
