// GatherND and GatherElements on the GPU. Constant indices become one table of positions; others are read by kernels. Row-major.
#include "ops/gather_nd.h"

#include "backends/cuda/kernels/formats.h"
#include "backends/cuda/kernels/gather_sources.h"
#include "backends/cuda/kernels/mapped_copy.h"
#include "backends/cuda/kernels/parameter_bytes.h"
#include "ops/axes.h"
#include "ops/coordinates.h"
#include "ops/gather_elements.h"
#include "tactics/registry.h"

namespace burnish::cuda {
namespace {

using tactics::BufferRef;
using tactics::OpRequest;
using tactics::Variant;
using tactics::Verdict;

constexpr size_t most_axes = 8;

int64_t product(std::span<const int64_t> dims, size_t first, size_t last) {
  int64_t result = 1;
  for (size_t i = first; i < last; ++i) result *= dims[i];
  return result;
}

Dims row_major_strides(const Dims& dims) { return Layout::row_major(dims.size()).strides(dims); }

/// GatherND in numbers: `rows` rows of `length` coordinates, each a slice of `inner` elements.
struct Rows {
  size_t batch, length;
  int64_t rows, rows_per_batch, batch_elements, inner;
};

Rows rows_of(const OpRequest& request) {
  const Dims data = request.dims(0), indices = request.dims(1);
  Rows made{};
  made.batch = static_cast<size_t>(request.op.as<ops::GatherND>()->batch_dims);
  made.length = static_cast<size_t>(indices.back());
  made.rows = product(indices, 0, indices.size() - 1);
  made.rows_per_batch = product(indices, made.batch, indices.size() - 1);
  made.batch_elements = product(data, made.batch, data.size());
  made.inner = product(data, made.batch + made.length, data.size());
  return made;
}

/// Where each row of constant coordinates points.
std::vector<AxisMap> map_of_rows(const OpRequest& request) {
  const Rows rows = rows_of(request);
  const Dims dims = request.dims(0), strides = row_major_strides(dims);
  AxisMap map{rows.rows, 1, {}};
  for (int64_t row = 0; row < rows.rows; ++row)
    map.table.push_back(row / rows.rows_per_batch * rows.batch_elements +
                        ops::row_offset(*request.inputs[1].constant, row, rows.length, dims, strides, rows.batch));
  return {std::move(map), {rows.inner, 1, {}}};
}

/// Where each element lies that constant indices pick.
std::vector<AxisMap> map_of_elements(const OpRequest& request) {
  const Dims dims = request.dims(0), picked = request.dims(1), strides = row_major_strides(dims);
  const size_t axis = ops::normalized_axis(request.op.as<ops::GatherElements>()->axis, dims.size());
  AxisMap map{element_count(picked), 1, {}};
  std::vector<int64_t> at(picked.size(), 0);
  for (const int64_t index : parameter(request, 1)) {
    int64_t offset = (index < 0 ? index + dims[axis] : index) * strides[axis];
    for (size_t i = 0; i < at.size(); ++i) offset += i == axis ? 0 : at[i] * strides[i];
    map.table.push_back(offset);
    for (size_t i = at.size(); i-- > 0;) {
      if (++at[i] < picked[i]) break;
      at[i] = 0;
    }
  }
  return {std::move(map)};
}

class GatherRowsKernel final : public tactics::Kernel {
 public:
  GatherRowsKernel(tactics::BuildContext& context, const OpRequest& request, const Variant& variant) {
    const Rows rows = rows_of(request);
    const Dims dims = request.dims(0), strides = row_major_strides(dims);
    const auto bytes = static_cast<int64_t>(byte_size(variant.outputs[0].storage));
    const int word = word_of(rows.inner * bytes);
    const auto words = [&](int64_t elements) { return elements * bytes / word; };
    inner_ = static_cast<uint32_t>(words(rows.inner));
    count_ = static_cast<uint32_t>(rows.rows * inner_);
    rows_per_batch_ = static_cast<uint32_t>(rows.rows_per_batch);
    batch_words_ = static_cast<uint32_t>(words(rows.batch_elements));
    ParameterBytes coordinates;
    for (size_t i = 0; i < rows.length; ++i) coordinates.add(static_cast<uint32_t>(dims[rows.batch + i]));
    for (size_t i = 0; i < rows.length; ++i) coordinates.add(words(strides[rows.batch + i]));
    coordinates_ = coordinates.finish();
    grid_.blocks[0] = blocks_for(count_, grid_.threads);
    grid_.may_start_early = true;
    if (request.inputs[0].constant != nullptr)
      data_ = upload_as(*request.inputs[0].constant, {variant.outputs[0].storage, Layout::row_major(dims.size()), tactics::Space::device});
    code_ = std::make_unique<Code>(context, gather_rows_source(word, request.inputs[1].type.dtype, rows.length));
    function_ = code_->function("gather");
  }

  Status run(tactics::RunContext& context, std::span<const BufferRef> in, std::span<const BufferRef> out,
             void* /*workspace*/) const noexcept override {
    if (count_ == 0) return Status::ok();
    const std::byte* from = data_.data() == nullptr ? in[0].data : data_.data();
    std::array<const void*, 8> arguments{&from,   &in[1].data,      &out[0].data,  &count_,
                                         &inner_, &rows_per_batch_, &batch_words_, coordinates_.data()};
    return launch(function_, grid_, {const_cast<void**>(arguments.data()), arguments.size()}, context.stream);
  }

 private:
  std::unique_ptr<Code> code_;
  CUfunction function_ = nullptr;
  Grid grid_;
  tactics::DeviceMemory data_;
  uint32_t count_ = 0, inner_ = 1, rows_per_batch_ = 1, batch_words_ = 1;
  std::vector<std::byte> coordinates_;
};

class GatherElementsKernel final : public tactics::Kernel {
 public:
  GatherElementsKernel(tactics::BuildContext& context, const OpRequest& request, const Variant& variant) {
    const Dims dims = request.dims(0), picked = request.dims(1);
    Dims strides = row_major_strides(dims);
    const size_t axis = ops::normalized_axis(request.op.as<ops::GatherElements>()->axis, dims.size());
    extent_ = static_cast<uint32_t>(dims[axis]);
    stride_ = strides[axis];
    strides[axis] = 0;
    count_ = static_cast<uint32_t>(element_count(picked));
    extents_.assign(picked.begin(), picked.end());
    strides_ = strides;
    grid_.blocks[0] = blocks_for(count_, grid_.threads);
    grid_.may_start_early = true;
    const DType storage = variant.outputs[0].storage;
    if (request.inputs[0].constant != nullptr)
      data_ = upload_as(*request.inputs[0].constant, {storage, Layout::row_major(dims.size()), tactics::Space::device});
    code_ = std::make_unique<Code>(context,
                                   gather_elements_source(static_cast<int>(byte_size(storage)), request.inputs[1].type.dtype, dims.size()));
    function_ = code_->function("gather");
  }

  Status run(tactics::RunContext& context, std::span<const BufferRef> in, std::span<const BufferRef> out,
             void* /*workspace*/) const noexcept override {
    if (count_ == 0) return Status::ok();
    const std::byte* from = data_.data() == nullptr ? in[0].data : data_.data();
    std::array<const void*, 8> arguments{&from, &in[1].data, &out[0].data, &count_, extents_.data(), strides_.data(), &extent_, &stride_};
    return launch(function_, grid_, {const_cast<void**>(arguments.data()), arguments.size()}, context.stream);
  }

 private:
  std::unique_ptr<Code> code_;
  CUfunction function_ = nullptr;
  Grid grid_;
  tactics::DeviceMemory data_;
  uint32_t count_ = 0, extent_ = 1;
  int64_t stride_ = 1;
  std::vector<uint32_t> extents_;
  std::vector<int64_t> strides_;
};

class PickingTactic : public tactics::Tactic {
 public:
  uint32_t revision() const override { return 1; }

  void variants(const OpRequest& request, tactics::VariantSink& sink) const override {
    for (const std::optional<DType> lowered : usual_storages(request)) {
      Variant variant = plain_variant(request, lowered);
      variant.estimate = move_seconds(2 * stored_bytes_of(request.outputs[0], lowered));
      sink.offer(std::move(variant));
    }
  }

  std::unique_ptr<tactics::Kernel> build(tactics::BuildContext& context, const OpRequest& request, const Variant& variant) const override {
    const bool rows = request.op.is<ops::GatherND>();
    if (request.inputs[1].constant == nullptr) {
      if (rows) return std::make_unique<GatherRowsKernel>(context, request, variant);
      return std::make_unique<GatherElementsKernel>(context, request, variant);
    }
    const DType storage = variant.outputs[0].storage;
    tactics::DeviceMemory data;
    if (request.inputs[0].constant != nullptr)
      data = upload_as(*request.inputs[0].constant, {storage, Layout::row_major(request.dims(0).size()), tactics::Space::device});
    return std::make_unique<MoveKernel<MappedCopy>>(
        MappedCopy(context, rows ? map_of_rows(request) : map_of_elements(request), byte_size(storage), {}), std::move(data));
  }

 protected:
  static Verdict verdict(const OpRequest& request) {
    if (std::string reason = move_refusal(request, std::array{size_t{0}}); not reason.empty()) return Verdict::no(std::move(reason));
    if (request.dims(0).size() > most_axes) return Verdict::no("more than 8 axes");
    if (std::string reason = index_refusal(request, 1); not reason.empty()) return Verdict::no(std::move(reason));
    return Verdict::yes();
  }
};

class CudaGatherND final : public PickingTactic {
 public:
  std::string_view id() const override { return "cuda.gather_nd"; }
  Verdict supports(const OpRequest& request) const override {
    if (not request.op.is<ops::GatherND>()) return Verdict::no("not a GatherND");
    if (request.dims(1).empty() or request.dims(1).back() == 0) return Verdict::no("rows without coordinates");
    return verdict(request);
  }
};

class CudaGatherElements final : public PickingTactic {
 public:
  std::string_view id() const override { return "cuda.gather_elements"; }
  Verdict supports(const OpRequest& request) const override {
    if (not request.op.is<ops::GatherElements>()) return Verdict::no("not a GatherElements");
    const Verdict usual = verdict(request);
    if (not usual or request.inputs[1].constant == nullptr) return usual;
    const Dims dims = request.dims(0);
    const int64_t extent = dims.at(ops::normalized_axis(request.op.as<ops::GatherElements>()->axis, dims.size()));
    for (const int64_t index : parameter(request, 1))
      if (index < -extent or index >= extent) return Verdict::no(fmt::format("index {} is outside an axis of size {}", index, extent));
    return Verdict::yes();
  }
};

}  // namespace

void register_gather_nd(tactics::Registry& registry) {
  registry.add(std::make_unique<CudaGatherND>());
  registry.add(std::make_unique<CudaGatherElements>());
}

}  // namespace burnish::cuda
