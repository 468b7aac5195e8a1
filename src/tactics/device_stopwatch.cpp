#include "tactics/device_stopwatch.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/median.h"
#include "ops/pointwise.h"
#include "tactics/sample_data.h"

namespace burnish::tactics {
namespace {

constexpr double bundle_seconds = 200e-6;  // long against the clock's tick of half a microsecond
constexpr int64_t longest_bundle = 50;
constexpr double slow = 20e-3;  // one run tells enough

constexpr double shortest = 0.2e-6;  // differences of cold times cannot tell less from nothing
constexpr int cold_repeats = 12;

void expect(const Status& status) {
  if (not status) throw Error(status.message(), status.code());
}

bool wants_zeros(const OpRequest& request, DType storage) {
  return (storage == DType::i32 or storage == DType::i64) and not request.op.is<ops::Pointwise>();
}

}  // namespace

BufferRef DeviceStopwatch::reserve(Slot& slot, int64_t bytes) {
  if (slot.memory.bytes() < std::max<int64_t>(bytes, 1)) {
    slot.memory = DeviceMemory();
    slot.memory = DeviceMemory(device_, std::max<int64_t>(bytes, 256));
    slot.filled = 0;
  }
  return {slot.memory.data(), bytes};
}

BufferRef DeviceStopwatch::sample(Slot& slot, DType storage, int64_t bytes, uint64_t seed, bool zeros) {
  const BufferRef buffer = reserve(slot, bytes);
  if (slot.filled >= bytes and slot.filled_as == storage and slot.zeros == zeros) return buffer;
  Tensor data = Tensor::uninitialized(DType::u8, {bytes});
  fill_sample(storage, {data.mutable_data(), static_cast<size_t>(bytes)}, seed, zeros ? SampleIntegers::zeros : SampleIntegers::numbers);
  expect(device_.copy(buffer.data, data.data(), bytes, stream_.handle()));
  expect(device_.synchronize(stream_.handle()));
  slot.filled = bytes;
  slot.filled_as = storage;
  slot.zeros = zeros;
  return buffer;
}

void DeviceStopwatch::prepare(const OpRequest& request, const Variant& variant) {
  input_slots_.resize(std::max(input_slots_.size(), request.inputs.size()));
  output_slots_.resize(std::max(output_slots_.size(), request.outputs.size()));
  inputs_.assign(request.inputs.size(), {});
  outputs_.assign(request.outputs.size(), {});
  for (size_t i = 0; i < request.inputs.size(); ++i) {
    if (not request.inputs[i].present or (i < variant.keeps_constant.size() and variant.keeps_constant[i])) continue;
    const Format& format = variant.inputs.at(i);
    inputs_[i] =
        sample(input_slots_[i], format.storage, stored_bytes(format, request.dims(i)), i + 1, wants_zeros(request, format.storage));
  }
  for (size_t i = 0; i < request.outputs.size(); ++i)
    if (request.wanted.at(i)) outputs_[i] = reserve(output_slots_[i], stored_bytes(variant.outputs.at(i), request.output_dims(i)));
  workspace_ = reserve(workspace_slot_, variant.workspace);
}

double DeviceStopwatch::between_events(const std::function<Status()>& work) {
  expect(device_.record_event(begin_.handle(), stream_.handle()));
  expect(work());
  expect(device_.record_event(end_.handle(), stream_.handle()));
  expect(device_.synchronize(stream_.handle()));
  return device_.seconds_between(begin_.handle(), end_.handle());
}

std::unique_ptr<Recording> DeviceStopwatch::record(int64_t repeats, const std::function<Status()>& work) {
  std::unique_ptr<Recording> recording;
  expect(device_.begin_recording(stream_.handle()));
  Status recorded;
  for (int64_t i = 0; i < repeats and recorded; ++i) recorded = work();
  expect(device_.end_recording(stream_.handle(), recording));
  expect(recorded);
  return recording;
}

double DeviceStopwatch::seconds_warm(const std::function<Status()>& run, double once, int bundles) {
  const auto repeats = std::clamp(static_cast<int64_t>(std::ceil(bundle_seconds / std::max(once, 1e-6))), int64_t{4}, longest_bundle);
  const std::unique_ptr<Recording> recording = record(repeats, run);
  const auto launch = [&] { return recording->launch(stream_.handle()); };
  between_events(launch);
  std::vector<double> times;
  for (int i = 0; i < std::max(3, bundles); ++i) times.push_back(between_events(launch) / static_cast<double>(repeats));
  return median(std::move(times));
}

double DeviceStopwatch::seconds_cold(const std::function<Status()>& run, int bundles) {
  reserve(flood_slot_, 2 * device_.cache_bytes());
  const auto without = record(cold_repeats, [&] { return forget_constants(); });
  const auto with = record(cold_repeats, [&] {
    Status status = forget_constants();
    return status ? run() : status;
  });
  const auto launched = [&](const Recording& recording) { return between_events([&] { return recording.launch(stream_.handle()); }); };
  launched(*without);
  launched(*with);
  std::vector<double> times;
  for (int i = 0; i < std::max(5, bundles); ++i) times.push_back((launched(*with) - launched(*without)) / cold_repeats);
  return std::max(median(std::move(times)), shortest);
}

Status DeviceStopwatch::forget_constants() {
  Status status = device_.read(flood_slot_.memory.data(), flood_slot_.memory.bytes(), stream_.handle());
  for (const BufferRef& input : inputs_)
    if (status and input.data != nullptr) status = device_.read(input.data, input.bytes, stream_.handle());
  return status;
}

double DeviceStopwatch::time(const OpRequest& request, const Variant& variant, const Kernel& kernel, int bundles, double give_up_above,
                             bool cold) {
  prepare(request, variant);
  RunContext context{.threads = request.target.threads, .stream = stream_.handle()};
  const auto run = [&] { return kernel.run(context, inputs_, outputs_, workspace_.data); };
  between_events(run);
  const double once = between_events(run);
  if (once > slow or once > 20 * std::max(give_up_above, 10e-6)) return once;
  const bool keeps_constants = std::ranges::find(variant.keeps_constant, true) != variant.keeps_constant.end();
  if (cold and keeps_constants and device_.cache_bytes() > 0) return seconds_cold(run, bundles);
  return seconds_warm(run, once, bundles);
}

}  // namespace burnish::tactics
