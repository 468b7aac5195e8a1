#include "backends/cuda/driver/gpu.h"

#include <array>

#include "backends/cuda/driver/fills.h"
#include "backends/cuda/driver/reader.h"
#include "base/error.h"

namespace burnish::cuda {
namespace {

constexpr int oldest_capability = 80;

CUstream stream_of(void* stream) { return static_cast<CUstream>(stream); }
CUdeviceptr address_of(const std::byte* memory) { return reinterpret_cast<CUdeviceptr>(memory); }

class GraphRecording final : public tactics::Recording {
 public:
  GraphRecording(const Gpu& gpu, CUgraphExec graph) : gpu_(gpu), graph_(graph) {}
  ~GraphRecording() override {
    gpu_.make_current();
    cuda_api().cuGraphExecDestroy(graph_);
  }
  Status launch(void* stream) const noexcept override {
    gpu_.make_current();
    return cuda_api().status(cuda_api().cuGraphLaunch(graph_, stream_of(stream)), "launching a graph");
  }
  /// Whether the new graph has the same shape, and took the old one's place.
  bool update(CUgraph graph) const noexcept {
    CUgraphExecUpdateResultInfo info = {};
    return cuda_api().cuGraphExecUpdate(graph_, graph, &info) == CUDA_SUCCESS;
  }

 private:
  const Gpu& gpu_;
  CUgraphExec graph_;
};

}  // namespace

Gpu::Gpu(int ordinal) : ordinal_(ordinal) {
  const CudaApi& api = cuda_api();
  reason_ = api.reason;
  if (not reason_.empty()) return;
  int count = 0;
  api.cuDeviceGetCount(&count);
  if (ordinal >= count) {
    reason_ = fmt::format("the driver knows {} GPU(s), asked for is number {}", count, ordinal);
    return;
  }
  Status status = api.status(api.cuDeviceGet(&device_, ordinal), "cuDeviceGet");
  if (status) status = api.status(api.cuDevicePrimaryCtxRetain(&context_, device_), "cuDevicePrimaryCtxRetain");
  if (not status) {
    reason_ = status.message();
    return;
  }
  read_facts();
  if (facts_.capability < oldest_capability)
    reason_ = fmt::format("{} has compute capability {}.{}, needed is 8.0", facts_.name, facts_.capability / 10, facts_.capability % 10);
}

void Gpu::read_facts() {
  const CudaApi& api = cuda_api();
  const auto attribute = [&](CUdevice_attribute which) {
    int value = 0;
    api.cuDeviceGetAttribute(&value, which, device_);
    return value;
  };
  std::array<char, 128> name{};
  api.cuDeviceGetName(name.data(), static_cast<int>(name.size()) - 1, device_);
  facts_.name = name.data();
  size_t memory = 0;
  api.cuDeviceTotalMem(&memory, device_);
  facts_.memory = static_cast<int64_t>(memory);
  facts_.capability =
      10 * attribute(CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR) + attribute(CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR);
  facts_.processors = attribute(CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT);
  facts_.l2_bytes = attribute(CU_DEVICE_ATTRIBUTE_L2_CACHE_SIZE);
  facts_.shared_bytes = attribute(CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN);
  facts_.clock = 1e3 * attribute(CU_DEVICE_ATTRIBUTE_CLOCK_RATE);
  const double width = attribute(CU_DEVICE_ATTRIBUTE_GLOBAL_MEMORY_BUS_WIDTH) / 8.0;
  facts_.bandwidth = 2 * width * 1e3 * attribute(CU_DEVICE_ATTRIBUTE_MEMORY_CLOCK_RATE);  // two transfers a clock
}

void Gpu::make_current() const noexcept { cuda_api().cuCtxSetCurrent(context_); }

std::byte* Gpu::allocate(int64_t bytes) const {
  make_current();
  CUdeviceptr memory = 0;
  cuda_api().expect(cuda_api().cuMemAlloc(&memory, static_cast<size_t>(bytes)), fmt::format("allocating {} bytes on the GPU", bytes));
  return reinterpret_cast<std::byte*>(memory);
}

void Gpu::release(std::byte* memory) const noexcept {
  make_current();
  cuda_api().cuMemFree(address_of(memory));
}

void* Gpu::make_stream() const {
  make_current();
  CUstream stream = nullptr;
  cuda_api().expect(cuda_api().cuStreamCreate(&stream, CU_STREAM_NON_BLOCKING), "making a stream");
  return stream;
}

void Gpu::release_stream(void* stream) const noexcept {
  make_current();
  cuda_api().cuStreamDestroy(stream_of(stream));
}

Status Gpu::synchronize(void* stream) const noexcept {
  make_current();
  return cuda_api().status(cuda_api().cuStreamSynchronize(stream_of(stream)), "waiting for the GPU");
}

Status Gpu::copy(std::byte* to, const std::byte* from, int64_t bytes, void* stream) const noexcept {
  if (bytes == 0) return Status::ok();
  make_current();
  return cuda_api().status(cuda_api().cuMemcpyAsync(address_of(to), address_of(from), static_cast<size_t>(bytes), stream_of(stream)),
                           "copying to or from the GPU");
}

Status Gpu::fill(std::byte* memory, int byte, int64_t bytes, void* stream) const noexcept {
  make_current();
  return cuda_api().status(
      cuda_api().cuMemsetD8Async(address_of(memory), static_cast<unsigned char>(byte), static_cast<size_t>(bytes), stream_of(stream)),
      "filling memory of the GPU");
}

Status Gpu::read(const std::byte* memory, int64_t bytes, void* stream) const noexcept {
  make_current();
  return read_memory(memory, bytes, facts_.capability, stream);
}

Status Gpu::begin_recording(void* stream) const noexcept {
  make_current();
  return cuda_api().status(cuda_api().cuStreamBeginCapture(stream_of(stream), CU_STREAM_CAPTURE_MODE_THREAD_LOCAL), "recording a graph");
}

Status Gpu::end_recording(void* stream, std::unique_ptr<tactics::Recording>& previous) const noexcept {
  const CudaApi& api = cuda_api();
  CUgraph graph = nullptr;
  if (Status status = api.status(api.cuStreamEndCapture(stream_of(stream), &graph), "recording a graph"); not status) return status;
  replace_fills(graph);
  Status status;
  if (const auto* known = dynamic_cast<const GraphRecording*>(previous.get()); known == nullptr or not known->update(graph)) {
    CUgraphExec made = nullptr;
    status = api.status(api.cuGraphInstantiate(&made, graph, 0), "instantiating a graph");
    if (status) previous = std::make_unique<GraphRecording>(*this, made);
  }
  api.cuGraphDestroy(graph);
  return status;
}

void* Gpu::make_event() const {
  make_current();
  CUevent event = nullptr;
  cuda_api().expect(cuda_api().cuEventCreate(&event, CU_EVENT_DEFAULT), "making an event");
  return event;
}

void Gpu::release_event(void* event) const noexcept {
  make_current();
  cuda_api().cuEventDestroy(static_cast<CUevent>(event));
}

Status Gpu::record_event(void* event, void* stream) const noexcept {
  make_current();
  return cuda_api().status(cuda_api().cuEventRecord(static_cast<CUevent>(event), stream_of(stream)), "recording an event");
}

double Gpu::seconds_between(void* begin, void* end) const noexcept {
  float milliseconds = 0;
  cuda_api().cuEventElapsedTime(&milliseconds, static_cast<CUevent>(begin), static_cast<CUevent>(end));
  return 1e-3 * static_cast<double>(milliseconds);
}

const Gpu& gpu() {
  static const Gpu first(0);
  return first;
}

}  // namespace burnish::cuda
