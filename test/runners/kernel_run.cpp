// Buffers for one run of a kernel, and what must hold afterwards.
#include "runners/kernel_run.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <deque>

#include "base/error.h"
#include "runners/memory.h"
#include "runners/tolerance.h"
#include "support/allocations.h"
#include "tensor/number.h"

namespace burnish::suite {

using tactics::BufferRef;
using tactics::Format;
using tactics::Variant;

namespace {

/// The device's copy of a buffer, where the format lies there: filled from the host's before a kernel runs, copied back after.
class DeviceCopy {
 public:
  DeviceCopy(const tactics::Device& device, Memory& host) : device_(device), host_(host), memory_(device, host.ref().bytes + 256) {
    expect(device.copy(data(), host.data(), host.ref().bytes, nullptr));
  }
  BufferRef ref() { return {data(), host_.ref().bytes}; }
  void fetch() { expect(device_.copy(host_.data(), data(), host_.ref().bytes, nullptr)); }

 private:
  std::byte* data() { return memory_.data(); }
  static void expect(const Status& status) { EXPECT_TRUE(status.is_ok()) << status.message(); }

  const tactics::Device& device_;
  Memory& host_;
  tactics::DeviceMemory memory_;
};

/// Calls work(position in memory, row-major position) for every element.
template <class Work>
void for_each_place(const Layout& layout, const Dims& dims, const Work& work) {
  std::vector<int64_t> index(dims.size(), 0);
  const int64_t count = element_count(dims);
  for (int64_t i = 0; i < count; ++i) {
    work(layout.offset(dims, index), i);
    for (size_t axis = dims.size(); axis-- > 0;) {
      if (++index[axis] < dims[axis]) break;
      index[axis] = 0;
    }
  }
}

void store(const Tensor& tensor, const Format& format, std::byte* to) {
  const Tensor source = tensor.dtype() == format.storage ? tensor : converted(tensor, format.storage);
  const size_t bytes = byte_size(format.storage);
  std::memset(to, 0, static_cast<size_t>(tactics::stored_bytes(format, tensor.dims())));
  for_each_place(format.layout, tensor.dims(), [&](int64_t place, int64_t i) {
    std::memcpy(to + static_cast<size_t>(place) * bytes, source.data() + static_cast<size_t>(i) * bytes, bytes);
  });
}

/// The tensor that lies in a buffer; `dirty` tells where padding does not hold zeros.
Tensor load(const std::byte* from, const Format& format, DType dtype, const Dims& dims, bool& dirty) {
  const size_t bytes = byte_size(format.storage);
  Tensor tensor(format.storage, dims);
  std::vector<std::byte> rest(from, from + tactics::stored_bytes(format, dims));
  for_each_place(format.layout, dims, [&](int64_t place, int64_t i) {
    std::memcpy(tensor.mutable_data() + static_cast<size_t>(i) * bytes, rest.data() + static_cast<size_t>(place) * bytes, bytes);
  });
  for_each_place(format.layout, dims,
                 [&](int64_t place, int64_t) { std::memset(rest.data() + static_cast<size_t>(place) * bytes, 0, bytes); });
  for (const std::byte one : rest) dirty = dirty or one != std::byte{0};
  return dtype == format.storage ? tensor : converted(tensor, dtype);
}

/// Those that keep what is between two of their steps (scores, states) in the type they store.
bool is_narrow_inside(std::string_view tactic) {
  static constexpr std::array prefixes{"cpu.amx.attention", "cpu.onednn.attention", "cpu.onednn.lstm", "cpu.onednn.gru", "cuda."};
  return std::ranges::any_of(prefixes, [&](std::string_view prefix) { return tactic.starts_with(prefix); });
}

/// The type that sums and functions are worked out in: f64 for f64, f32 for all that is narrower.
DType computing_type(const Run& run, std::string_view tactic, const Variant& variant) {
  if (is_narrow_inside(tactic) and not variant.inputs.empty() and is_floating(variant.inputs[0].storage)) return variant.inputs[0].storage;
  return run.expected[0].dtype() == f64 ? f64 : f32;
}

Tolerance tolerance_of(const Run& run, std::string_view tactic, const Variant& variant, size_t output) {
  return {run.one.accumulated, run.one.terms, computing_type(run, tactic, variant), variant.outputs[output].storage, run.one.between_steps};
}

void check_results(const Run& run, std::string_view tactic, const Variant& variant, const std::vector<BufferRef>& out) {
  for (size_t i = 0; i < run.expected.size(); ++i) {
    if (not run.request.wanted[i]) continue;
    bool dirty = false;
    const Tensor& wanted = run.expected[i];
    const Tensor got = load(out[i].data, variant.outputs[i], wanted.dtype(), wanted.dims(), dirty);
    EXPECT_FALSE(dirty) << "padding of output " << i << " does not hold zeros";
    EXPECT_EQ(difference(wanted, got, tolerance_of(run, tactic, variant, i)), "") << "output " << i;
  }
}

/// What one run reads and writes.
struct Buffers {
  std::vector<Memory> in, out;
  std::vector<BufferRef> in_refs, out_refs;
};

std::vector<std::vector<std::byte>> bytes_of(std::vector<Memory>& memories) {
  std::vector<std::vector<std::byte>> bytes;
  for (Memory& memory : memories) bytes.emplace_back(memory.data(), memory.data() + memory.bytes());
  return bytes;
}

void add_inputs(Buffers& buffers, const Run& run, const Variant& variant, Placing placing) {
  for (size_t i = 0; i < run.inputs.size(); ++i) {
    const bool kept = i < variant.keeps_constant.size() and variant.keeps_constant[i];
    if (not run.inputs[i].defined() or kept) {
      buffers.in.emplace_back(0, 0, 0);
      buffers.in_refs.push_back({});
      continue;
    }
    const bool constant = run.request.inputs[i].constant != nullptr;
    const Format format = constant ? tactics::plain_format(run.request.inputs[i].type) : variant.inputs[i];
    const size_t shift = placing == Placing::shifted and not constant ? byte_size(format.storage) : 0;
    buffers.in.emplace_back(tactics::stored_bytes(format, run.inputs[i].dims()), shift, 0);
    store(run.inputs[i], format, buffers.in.back().data());
    buffers.in_refs.push_back(buffers.in.back().ref());
  }
}

void add_outputs(Buffers& buffers, const Run& run, const Variant& variant, Placing placing) {
  for (size_t i = 0; i < run.expected.size(); ++i) {
    const Format& format = variant.outputs[i];
    const int64_t bytes = tactics::stored_bytes(format, run.expected[i].dims());
    buffers.out.emplace_back(bytes, placing == Placing::shifted ? byte_size(format.storage) : 0, 0xff);
    buffers.out_refs.push_back(run.request.wanted[i] ? buffers.out.back().ref() : BufferRef{});
  }
}

/// Takes what lies on the device there. What a device is given is always aligned: the session sees to it.
class Transfers {
 public:
  explicit Transfers(const tactics::Device* device) : device_(device) {}

  void take(Memory& memory, BufferRef& ref, const Format& format) {
    if (device_ != nullptr and ref.data != nullptr and format.space != tactics::Space::host)
      ref = copies_.emplace_back(*device_, memory).ref();
  }
  std::byte* workspace(Memory& memory) {
    if (memory.bytes() == 0) return nullptr;
    return device_ == nullptr ? memory.data() : copies_.emplace_back(*device_, memory).ref().data;
  }
  /// All of them; inputs as well, which also shows whether those were written.
  void fetch() {
    for (DeviceCopy& copy : copies_) copy.fetch();
    if (device_ == nullptr) return;
    const Status done = device_->synchronize(nullptr);
    EXPECT_TRUE(done.is_ok()) << done.message();
  }

 private:
  const tactics::Device* device_;
  std::deque<DeviceCopy> copies_;
};

}  // namespace

int64_t run_kernel(const Run& run, std::string_view tactic, const tactics::Kernel& kernel, const Variant& variant, Placing placing) {
  Buffers buffers;
  add_inputs(buffers, run, variant, placing);
  add_outputs(buffers, run, variant, placing);
  Memory workspace(variant.workspace, 0, 0xff);
  Transfers transfers(run.backend.device());
  std::vector<BufferRef> in = buffers.in_refs, out = buffers.out_refs;
  for (size_t i = 0; i < in.size(); ++i) transfers.take(buffers.in[i], in[i], variant.inputs[i]);
  for (size_t i = 0; i < out.size(); ++i) transfers.take(buffers.out[i], out[i], variant.outputs[i]);
  if (placing == Placing::in_place) {
    const auto shared = static_cast<size_t>(variant.in_place);
    EXPECT_EQ(in.at(shared).bytes, out[0].bytes) << "input and output in place differ in size";
    out[0] = in.at(shared);
    buffers.out_refs[0] = buffers.in_refs[shared];
  }
  const std::vector<std::vector<std::byte>> given = bytes_of(buffers.in);
  std::byte* scratch = transfers.workspace(workspace);
  tactics::RunContext context{.threads = run.threads, .stream = nullptr};
  const test::AllocationCounter counter;
  const Status status = kernel.run(context, in, out, scratch);
  const int64_t allocated = counter.so_far().ours;
  EXPECT_TRUE(status.is_ok()) << status.message();
  transfers.fetch();
  if (status.is_ok()) check_results(run, tactic, variant, buffers.out_refs);
  EXPECT_TRUE(workspace.guards_hold()) << "written beside the workspace of " << variant.workspace << " bytes";
  for (size_t i = 0; i < buffers.in.size(); ++i) EXPECT_TRUE(buffers.in[i].guards_hold()) << "written beside input " << i;
  for (size_t i = 0; i < buffers.out.size(); ++i) EXPECT_TRUE(buffers.out[i].guards_hold()) << "written beside output " << i;
  EXPECT_TRUE(placing == Placing::in_place or bytes_of(buffers.in) == given) << "an input was written";
  return allocated;
}

}  // namespace burnish::suite
