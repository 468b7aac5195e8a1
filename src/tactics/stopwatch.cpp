// Short kernels are run in bundles long enough for the clock, slow ones only a few times. Bundles that other processes disturbed are
// left out, because the choice must not depend on what else the machine was doing.
#include "tactics/stopwatch.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/error.h"
#include "ops/pointwise.h"
#include "tactics/sample_data.h"

namespace burnish::tactics {
namespace {

constexpr double shortest_bundle = 0.3e-3;
constexpr double time_for_one = 3e-3;    // all bundles together, where that leaves the least number
constexpr double longest_retry = 30e-3;  // further bundles, where other processes disturbed the first ones
constexpr int fewest_bundles = 3;
constexpr double slow = 50e-3;     // one more run tells enough
constexpr double disturbed = 1.5;  // a bundle this much above the fastest shared its cores with somebody

std::vector<double> undisturbed(std::vector<double> times) {
  const double limit = disturbed * std::ranges::min(times);
  std::erase_if(times, [&](double time) { return time > limit; });
  return times;
}

double mean_of_middle_half(std::vector<double> times) {
  std::ranges::sort(times);
  const auto quarter = static_cast<std::ptrdiff_t>(times.size() / 4);
  const auto begin = times.begin() + quarter, end = times.end() - quarter;
  return std::accumulate(begin, end, 0.0) / static_cast<double>(end - begin);
}

/// Wide integers are indices, axes and sizes, for which 0 is always valid; where they are numbers, 0 is a divisor to avoid.
bool wants_zeros(const OpRequest& request, DType storage) {
  return (storage == DType::i32 or storage == DType::i64) and not request.op.is<ops::Pointwise>();
}

bool lies_on_device(const Variant& variant) {
  const auto device = [](const Format& format) { return format.space == Space::device; };
  return std::ranges::any_of(variant.inputs, device) or std::ranges::any_of(variant.outputs, device);
}

}  // namespace

BufferRef Stopwatch::reserve(Slot& slot, int64_t bytes) {
  if (not slot.memory.defined() or slot.memory.size() < bytes) {
    slot.memory = Tensor::uninitialized(DType::u8, {std::max<int64_t>(bytes, 64)});
    slot.filled = 0;
  }
  return {slot.memory.mutable_data(), bytes};
}

BufferRef Stopwatch::sample(Slot& slot, DType storage, int64_t bytes, uint64_t seed, bool zeros) {
  const BufferRef buffer = reserve(slot, bytes);
  const bool reusable = slot.filled >= bytes and slot.filled_as == storage and not zeros;
  if (not reusable)
    fill_sample(storage, {buffer.data, static_cast<size_t>(bytes)}, seed, zeros ? SampleIntegers::zeros : SampleIntegers::numbers);
  slot.filled = zeros ? 0 : bytes;
  slot.filled_as = storage;
  return buffer;
}

void Stopwatch::prepare(const OpRequest& request, const Variant& variant) {
  input_slots_.resize(std::max(input_slots_.size(), request.inputs.size()));
  output_slots_.resize(std::max(output_slots_.size(), request.outputs.size()));
  inputs_.assign(request.inputs.size(), {});
  outputs_.assign(request.outputs.size(), {});
  for (size_t i = 0; i < request.inputs.size(); ++i) {
    const Operand& operand = request.inputs[i];
    if (not operand.present or (i < variant.keeps_constant.size() and variant.keeps_constant[i])) continue;
    const Format& format = variant.inputs.at(i);
    if (operand.constant != nullptr and format == plain_format(operand.type)) {
      inputs_[i] = {const_cast<std::byte*>(operand.constant->data()), static_cast<int64_t>(operand.constant->bytes())};
      continue;
    }
    inputs_[i] =
        sample(input_slots_[i], format.storage, stored_bytes(format, request.dims(i)), i + 1, wants_zeros(request, format.storage));
  }
  for (size_t i = 0; i < request.outputs.size(); ++i)
    if (request.wanted.at(i)) outputs_[i] = reserve(output_slots_[i], stored_bytes(variant.outputs.at(i), request.output_dims(i)));
  workspace_ = reserve(workspace_slot_, variant.workspace);
}

double Stopwatch::time(const OpRequest& request, const Variant& variant, const Kernel& kernel, int bundles, double give_up_above) {
  if (lies_on_device(variant)) {
    BURNISH_CHECK(backend_.device() != nullptr, "backend {} has no memory of its own", backend_.name());
    if (device_ == nullptr) device_ = std::make_unique<DeviceStopwatch>(*backend_.device());
    return device_->time(request, variant, kernel, bundles, give_up_above, cold_);
  }
  prepare(request, variant);
  RunContext context{.threads = request.target.threads, .stream = nullptr};
  Status status;
  const auto run_times = [&](int64_t count) {
    const double seconds = backend_.elapsed([&] {
      for (int64_t i = 0; i < count and status; ++i) status = kernel.run(context, inputs_, outputs_, workspace_.data);
    });
    if (not status) throw Error(status.message(), status.code());
    return seconds / static_cast<double>(count);
  };
  const double first = run_times(1);
  if (first > slow and first > 4 * give_up_above) return first;
  const double warm = std::min(first, run_times(1));
  if (warm > slow) return warm;
  const auto repeats = static_cast<int64_t>(std::clamp(std::ceil(shortest_bundle / std::max(warm, 1e-9)), 1.0, 1e5));
  const auto affordable = static_cast<int>(time_for_one / std::max(warm * static_cast<double>(repeats), 1e-9));
  const auto count = static_cast<size_t>(std::max(1, std::min(bundles, std::max(fewest_bundles, affordable))));
  std::vector<double> times;
  double spent = 0;
  do {
    times.push_back(run_times(repeats));
    spent += times.back() * static_cast<double>(repeats);
    if (times.size() >= 2 and std::ranges::min(times) > give_up_above) break;
  } while (times.size() < count or (undisturbed(times).size() < count and spent < longest_retry));
  return mean_of_middle_half(undisturbed(std::move(times)));
}

}  // namespace burnish::tactics
