// ScatterND without a reduction: slices copied to where rows of coordinates point, in place where nobody reads the data afterwards. Threads
// divide the slices and each goes through all rows in order, so that of two that point to one place the later wins. Any element type, row-major.
#include <atomic>
#include <cstring>
#include <string>

#include "backends/cpu/kernels/indices.h"
#include "backends/cpu/kernels/rows.h"
#include "base/parallel.h"
#include "ops/operator.h"
#include "ops/scatter_nd.h"
#include "tactics/registry.h"

namespace burnish::cpu {
namespace {

using tactics::BufferRef;
using tactics::OpRequest;
using tactics::Variant;
using tactics::Verdict;

constexpr int64_t chunk = 64;  // bytes of a slice that stay together
constexpr int64_t worth_a_thread = 65536;

class ScatterKernel final : public tactics::Kernel {
 public:
  explicit ScatterKernel(const OpRequest& request) : reader_(request.inputs[1].type.dtype) {
    const Dims data = request.dims(0);
    const Dims indices = request.dims(1);
    const auto length = static_cast<size_t>(indices.back());
    const auto bytes = static_cast<int64_t>(byte_size(request.inputs[0].type.dtype));
    slice_ = product(data, length, data.size()) * bytes;
    rows_ = product(indices, 0, indices.size() - 1);
    total_ = element_count(data) * bytes;
    for (size_t axis = 0; axis < length; ++axis) {
      extents_.push_back(data[axis]);
      strides_.push_back(product(data, axis + 1, data.size()) * bytes);
    }
  }

  Status run(tactics::RunContext&, std::span<const BufferRef> in, std::span<const BufferRef> out, void*) const noexcept override {
    if (out[0].data != in[0].data)
      parallel_for(total_, worth_a_thread, [&](int64_t first, int64_t last) {
        std::memcpy(out[0].data + first, in[0].data + first, static_cast<size_t>(last - first));
      });
    std::atomic<int64_t> wrong{-1};  // a row
    const int64_t chunks = (slice_ + chunk - 1) / chunk;
    parallel_for(chunks, std::max<int64_t>(1, worth_a_thread / (chunk * std::max<int64_t>(1, rows_))), [&](int64_t first, int64_t last) {
      const int64_t begin = first * chunk;
      const auto count = static_cast<size_t>(std::min(last * chunk, slice_) - begin);
      for (int64_t row = 0; row < rows_; ++row) {
        const int64_t place = place_of(in[1].data, row);
        if (place < 0) wrong = row;
        else std::memcpy(out[0].data + place + begin, in[2].data + row * slice_ + begin, count);
      }
    });
    return wrong < 0 ? Status::ok() : refusal(in[1].data, wrong);
  }

 private:
  /// Where a row of coordinates points, in bytes; -1 where that is outside.
  int64_t place_of(const std::byte* indices, int64_t row) const {
    int64_t place = 0;
    for (size_t axis = 0; axis < extents_.size(); ++axis) {
      int64_t at = reader_.read(indices, row * static_cast<int64_t>(extents_.size()) + static_cast<int64_t>(axis));
      if (at < 0) at += extents_[axis];
      if (at < 0 or at >= extents_[axis]) return -1;
      place += at * strides_[axis];
    }
    return place;
  }

  Status refusal(const std::byte* indices, int64_t row) const {
    for (size_t axis = 0; axis < extents_.size(); ++axis) {
      const int64_t at = reader_.read(indices, row * static_cast<int64_t>(extents_.size()) + static_cast<int64_t>(axis));
      if (at < -extents_[axis] or at >= extents_[axis])
        return {StatusCode::out_of_range, "index " + std::to_string(at) + " is out of range for axis " + std::to_string(axis) +
                                              " of size " + std::to_string(extents_[axis])};
    }
    return {StatusCode::internal, "an index is out of range"};
  }

  std::vector<int64_t> extents_, strides_;
  int64_t slice_ = 0, rows_ = 0, total_ = 0;
  IndexReader reader_;
};

class ScatterTactic final : public tactics::Tactic {
 public:
  std::string_view id() const override { return "cpu.simd.scatter"; }
  uint32_t revision() const override { return 1; }

  Verdict supports(const OpRequest& request) const override {
    const auto* op = request.op.as<ops::ScatterND>();
    if (op == nullptr) return Verdict::no("not a ScatterND");
    if (request.has_epilogue()) return Verdict::no("takes no epilogue");
    if (op->reduction != ops::ScatterReduction::none) return Verdict::no("reductions are left to the reference");
    if (request.inputs[0].type.dtype == DType::string) return Verdict::no("strings are moved by the reference");
    if (element_count(request.dims(0)) == 0) return Verdict::no("an empty tensor");
    return Verdict::yes();
  }

  void variants(const OpRequest& request, tactics::VariantSink& sink) const override {
    Variant variant;
    for (const tactics::Operand& input : request.inputs) variant.inputs.push_back(tactics::plain_format(input.type));
    variant.outputs = {tactics::plain_format(request.outputs[0])};
    variant.in_place = 0;
    variant.estimate = 2 * static_cast<double>(tactics::stored_bytes(variant.outputs[0], request.output_dims())) / 12e9;
    sink.offer(std::move(variant));
  }

  std::unique_ptr<tactics::Kernel> build(tactics::BuildContext&, const OpRequest& request, const Variant&) const override {
    return std::make_unique<ScatterKernel>(request);
  }
};

}  // namespace

void register_scatter(tactics::Registry& registry) { registry.add(std::make_unique<ScatterTactic>()); }

}  // namespace burnish::cpu
