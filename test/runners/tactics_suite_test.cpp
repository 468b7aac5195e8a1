// The operator suite on every tactic of every backend, each variant forced in turn, against the reference. Buffers are hostile: filled with NaN
// bit patterns before, one element off alignment like a user's may be, and each kernel runs twice. Padding of blocked outputs must hold zeros.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <deque>
#include <iostream>

#include "base/error.h"
#include "base/file.h"
#include "base/parallel.h"
#include "base/text.h"
#include "ir/evaluate.h"
#include "ir/text.h"
#include "runners/tolerance.h"
#include "suite/suite.h"
#include "tactics/registry.h"
#include "tensor/number.h"

namespace burnish::suite {

using tactics::BufferRef;
using tactics::Format;
using tactics::OpRequest;
using tactics::Variant;

namespace {

constexpr int threads = 2;

/// Makes everything anew: the suite tests kernels, not artifacts.
class PlainContext final : public tactics::BuildContext {
 public:
  int threads() const override { return burnish::suite::threads; }
  Tensor artifact(const Hash128& /*key*/, const std::function<Tensor()>& make) override { return make(); }
  Hash128 hash_of_constant(const std::shared_ptr<const Tensor>& constant) override { return content_hash(*constant); }
};

/// Memory at a wanted distance from an aligned address, filled with a byte.
class Memory {
 public:
  Memory(int64_t bytes, size_t shift, int fill) : bytes_(bytes), storage_(static_cast<size_t>(bytes) + 192, std::byte{0}) {
    const auto address = reinterpret_cast<uintptr_t>(storage_.data());
    offset_ = (64 - address % 64) % 64 + shift;
    std::memset(data(), fill, static_cast<size_t>(bytes));
  }
  std::byte* data() { return storage_.data() + offset_; }
  BufferRef ref() { return {data(), bytes_}; }

 private:
  int64_t bytes_;
  std::vector<std::byte> storage_;
  size_t offset_ = 0;
};

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

struct Run {
  const tactics::Backend& backend;
  const Case& one;
  const OpRequest& request;
  const std::vector<Tensor>& inputs;  // of the request; undefined where omitted
  const std::vector<Tensor>& expected;
};

/// A kernel that reads bf16 has computed with bf16, however wide the output it is judged by.
DType computing_type(const Variant& variant, size_t output) {
  for (const Format& input : variant.inputs)
    if (input.storage == DType::bf16 or input.storage == DType::f16) return input.storage;
  return variant.outputs[output].storage;
}

void check_results(const Run& run, const Variant& variant, std::vector<Memory>& out) {
  for (size_t i = 0; i < run.expected.size(); ++i) {
    if (not run.request.wanted[i]) continue;
    bool dirty = false;
    const Tensor& wanted = run.expected[i];
    const Tensor got = load(out[i].data(), variant.outputs[i], wanted.dtype(), wanted.dims(), dirty);
    EXPECT_FALSE(dirty) << "padding of output " << i << " does not hold zeros";
    EXPECT_EQ(difference(wanted, got, {run.one.accumulated, computing_type(variant, i)}), "") << "output " << i;
  }
}

/// One run of a kernel over fresh buffers; with `shifted`, those that a user may bind lie one element off alignment.
void run_once(const Run& run, const tactics::Kernel& kernel, const Variant& variant, bool shifted) {
  const auto shift_of = [&](const Format& format) { return shifted ? byte_size(format.storage) : 0; };
  std::vector<Memory> in;
  std::vector<Memory> out;
  std::vector<BufferRef> in_refs;
  std::vector<BufferRef> out_refs;
  for (size_t i = 0; i < run.inputs.size(); ++i) {
    const bool kept = i < variant.keeps_constant.size() and variant.keeps_constant[i];
    if (not run.inputs[i].defined() or kept) {
      in.emplace_back(0, 0, 0);
      in_refs.push_back({});
      continue;
    }
    const bool constant = run.request.inputs[i].constant != nullptr;
    const Format format = constant ? tactics::plain_format(run.request.inputs[i].type) : variant.inputs[i];
    in.emplace_back(tactics::stored_bytes(format, run.inputs[i].dims()), constant ? 0 : shift_of(format), 0);
    store(run.inputs[i], format, in.back().data());
    in_refs.push_back(in.back().ref());
  }
  for (size_t i = 0; i < run.expected.size(); ++i) {
    out.emplace_back(tactics::stored_bytes(variant.outputs[i], run.expected[i].dims()), shift_of(variant.outputs[i]), 0xff);
    out_refs.push_back(run.request.wanted[i] ? out.back().ref() : BufferRef{});
  }
  Memory workspace(variant.workspace, 0, 0xff);
  BufferRef workspace_ref = workspace.ref();
  tactics::RunContext context{.threads = threads, .stream = nullptr};
  const tactics::Device* device = run.backend.device();
  std::deque<DeviceCopy> copies;
  const auto move = [&](Memory& memory, BufferRef& ref, const Format& format) {
    if (device == nullptr or ref.data == nullptr or format.space == tactics::Space::host) return;
    // What a device is given is always aligned: the session sees to it.
    ref = copies.emplace_back(*device, memory).ref();
  };
  for (size_t i = 0; i < in.size(); ++i) move(in[i], in_refs[i], variant.inputs[i]);
  const size_t first_output = copies.size();
  for (size_t i = 0; i < out.size(); ++i) move(out[i], out_refs[i], variant.outputs[i]);
  const size_t last_output = copies.size();
  if (device != nullptr and variant.workspace > 0) workspace_ref = copies.emplace_back(*device, workspace).ref();
  const Status status = kernel.run(context, in_refs, out_refs, variant.workspace > 0 ? workspace_ref.data : nullptr);
  ASSERT_TRUE(status.is_ok()) << status.message();
  for (size_t i = first_output; i < last_output; ++i) copies[i].fetch();
  if (device != nullptr) {
    const Status done = device->synchronize(nullptr);
    ASSERT_TRUE(done.is_ok()) << done.message();
  }
  check_results(run, variant, out);
}

void run_variant(const Run& run, const tactics::Tactic& tactic, const Variant& variant) {
  SCOPED_TRACE(fmt::format("{} {}", tactic.id(), variant.text()));
  PlainContext context;
  std::unique_ptr<tactics::Kernel> kernel;
  try {
    kernel = tactic.build(context, run.request, variant);
  } catch (const Error& error) {
    ADD_FAILURE() << "the kernel cannot be built: " << error.what();
    return;
  }
  for (const bool shifted : {false, true, false}) run_once(run, *kernel, variant, shifted);
}

/// "case tactic" -> reason, from the list of what is known to fail.
const std::map<std::string, std::string>& known_failures() {
  static const std::map<std::string, std::string> known = [] {
    std::map<std::string, std::string> read;
    const std::string text = read_text("test/runners/tactics_suite_expectations.txt");
    for (const std::string_view line : split(text, '\n')) {
      const size_t colon = line.find(':');
      if (line.starts_with('#') or colon == std::string_view::npos) continue;
      read.emplace(trim(line.substr(0, colon)), trim(line.substr(colon + 1)));
    }
    return read;
  }();
  return known;
}

struct Tally {
  size_t variants = 0;
  std::map<std::string, size_t> by_tactic;
};

void run_tactics(const Run& run, const tactics::Backend& backend, Tally& tally) {
  for (const tactics::Tactic* tactic : tactics::registry().tactics_of(backend.name())) {
    if (known_failures().contains(fmt::format("{} {}", run.one.name, tactic->id())) or not tactic->supports(run.request)) continue;
    tactics::VariantSink sink;
    tactic->variants(run.request, sink);
    for (const Variant& variant : sink.variants) {
      if (variant.alias == tactics::Alias::none) run_variant(run, *tactic, variant);
      ++tally.by_tactic[std::string(tactic->id())];
      ++tally.variants;
      if (testing::Test::HasFailure()) return;
    }
  }
}

/// What a plan can hold: sizes known before running, and no strings.
bool can_be_planned(const Graph& graph) {
  const auto fits = [&](ValueId id) { return graph.type(id).shape.is_static() and graph.type(id).dtype != string; };
  return std::ranges::all_of(graph.inputs(), fits) and std::ranges::all_of(graph.outputs(), fits);
}

void run_case(const Case& one, const DimBindings& sizes, Tally& tally) {
  Graph graph = graph_of(one);
  graph.bind(sizes);
  if (not can_be_planned(graph)) return;
  const std::vector<Tensor> data = data_for(one, sizes);
  const std::vector<Tensor> expected = evaluate(graph, data);
  const Node& node = graph.node(graph.order().front());
  std::vector<Tensor> inputs;
  for (size_t i = 0, next = 0; i < node.inputs.size(); ++i) {
    const Tensor* constant = graph.constant(node.inputs[i]);
    inputs.push_back(not node.inputs[i].valid() ? Tensor() : constant != nullptr ? *constant : data[next++]);
  }
  for (const tactics::Backend* backend : tactics::registry().backends()) {
    if (not backend->unavailable().empty() or backend->name() == "null") continue;
    for (const std::vector<DType>& permitted : {std::vector<DType>{}, std::vector<DType>{bf16}, std::vector<DType>{f16}}) {
      const bool on_device = backend->device() != nullptr;
      if (not permitted.empty() and permitted[0] == f16 and not on_device) continue;
      const tactics::Target target{.threads = threads,
                                   .device = backend->fingerprint(),
                                   .permitted = permitted,
                                   .space = on_device ? tactics::Space::device : tactics::Space::host};
      OpRequest request = tactics::make_request(graph, node, target);
      run_tactics({*backend, one, request, inputs, expected}, *backend, tally);
      if (request.outputs.size() == 1) continue;
      for (size_t i = 1; i < request.wanted.size(); ++i) request.wanted[i] = false;
      run_tactics({*backend, one, request, inputs, expected}, *backend, tally);
    }
  }
}

Tally& tally() {
  static Tally all;
  return all;
}

class TacticsSuite : public testing::TestWithParam<Case> {
 protected:
  static void TearDownTestSuite() {
    for (const auto& [id, count] : tally().by_tactic) std::cout << fmt::format("{}: {} variants\n", id, count);
  }
};

TEST_P(TacticsSuite, AgreesWithTheReference) {
  const Case& one = GetParam();
  SCOPED_TRACE(one.text());
  if (one.failure) return;
  set_thread_count(threads);
  for (const DimBindings& sizes : one.sizes) run_case(one, sizes, tally());
}

std::string test_name(const testing::TestParamInfo<Case>& info) {
  std::string name = info.param.name;
  std::ranges::replace(name, '/', '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Cases, TacticsSuite, testing::ValuesIn(all_cases()), test_name);

}  // namespace
}  // namespace burnish::suite
