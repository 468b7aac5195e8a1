// ScatterElements and ScatterND on the GPU, with all reductions: a copy of the data, unless it lies in the output already, and updates in
// their order. Row-major.
#include "backends/cuda/kernels/scatter.h"

#include <algorithm>

#include "backends/cuda/kernels/formats.h"
#include "backends/cuda/kernels/gather_sources.h"
#include "backends/cuda/kernels/moves.h"
#include "backends/cuda/kernels/one_launch.h"
#include "backends/cuda/nvrtc/expr_source.h"
#include "ops/axes.h"
#include "ops/scatter_elements.h"
#include "ops/scatter_nd.h"
#include "tactics/registry.h"

namespace burnish::cuda {
namespace {

using ops::ScatterReduction;
using tactics::Format;
using tactics::OpRequest;
using tactics::Variant;
using tactics::Verdict;

constexpr size_t most_axes = 8;
constexpr int64_t short_line = 64;         // so many updates one thread applies without being missed
constexpr int64_t wanted_threads = 16384;  // that share lines whose updates must come in order

std::string head(const std::string& parameters, const std::string& call) {
  return fmt::format(
      "#include \"scatter.cuh\"\n"
      "extern \"C\" __global__ void __launch_bounds__(256) kernel({}) {{\n  release_next();\n  wait_for_inputs();\n  {};\n}}\n",
      parameters, call);
}

std::string reduction_name(ScatterReduction reduction) { return "Reduction::" + ops::print_field(reduction); }

/// How many threads share a line of so many updates, where there are so many lines.
int64_t ways_of(int64_t lines, int64_t length) {
  if (length <= short_line) return 1;
  return std::clamp<int64_t>(wanted_threads / std::max<int64_t>(1, lines), 1, std::min<int64_t>(length, 1024));
}

}  // namespace

std::string scatter_elements_source(ScatterReduction reduction, DType storage, DType index, size_t rank, bool in_order) {
  const std::string tensors = fmt::format("{0}* out, const {1}* indices, const {0}* updates, const Lines<{2}> lines", stored_type(storage),
                                          stored_type(index), rank);
  if (in_order) return head(tensors, fmt::format("scatter_lines<{}>(out, indices, updates, lines)", reduction_name(reduction)));
  return head(tensors + fmt::format(", const Extents<{}> extents", rank), "scatter_elements(out, indices, updates, lines, extents)");
}

std::string scatter_rows_source(ScatterReduction reduction, DType storage, DType index, size_t length, bool in_order) {
  const std::string tensors =
      fmt::format("{0}* out, const {1}* indices, const {0}* updates, const Coordinates<{2}> coordinates, u32 rows, u32 inner",
                  stored_type(storage), stored_type(index), length);
  if (not in_order) return head(tensors, fmt::format("replace_rows<{}>(out, indices, updates, coordinates, rows, inner)", length));
  return head(tensors + ", u32 ways", fmt::format("scatter_rows<{}, {}>(out, indices, updates, coordinates, rows, inner, ways)",
                                                  reduction_name(reduction), length));
}

namespace {

Dims row_major_strides(const Dims& dims) { return Layout::row_major(dims.size()).strides(dims); }

/// The type that elements are combined in; bits are enough to replace them.
DType element_type(ScatterReduction reduction, DType storage) { return reduction == ScatterReduction::none ? *bits_of(storage) : storage; }

void add_tensors(OneLaunch& kernel, const OpRequest& request, const Variant& variant) {
  const DType storage = variant.outputs[0].storage;
  const auto format = [&](size_t input) { return Format{storage, Layout::row_major(request.dims(input).size()), tactics::Space::device}; };
  kernel.output(0);
  kernel.operand(request, 1, tactics::plain_format(request.inputs[1].type, tactics::Space::device));
  kernel.operand(request, 2, format(2));
}

std::unique_ptr<tactics::Kernel> elements_kernel(tactics::BuildContext& context, const OpRequest& request, const Variant& variant) {
  const auto& op = *request.op.as<ops::ScatterElements>();
  const Dims dims = request.dims(0), indexed = request.dims(1);
  const size_t rank = dims.size(), axis = ops::normalized_axis(op.axis, rank);
  const Dims data = row_major_strides(dims), indices = row_major_strides(indexed);
  const int64_t count = element_count(indexed), length = indexed[axis], lines = length == 0 ? 0 : count / length;
  const bool in_order = op.reduction != ScatterReduction::none or length <= short_line;
  const int64_t ways = in_order ? ways_of(lines, length) : 1, threads = in_order ? lines * ways : count;
  auto kernel = std::make_unique<OneLaunch>(context,
                                            scatter_elements_source(op.reduction, element_type(op.reduction, variant.outputs[0].storage),
                                                                    request.inputs[1].type.dtype, rank, in_order),
                                            threads);
  add_tensors(*kernel, request, variant);
  ParameterBytes bytes;
  for (size_t i = 0; i < rank; ++i) bytes.add(static_cast<uint32_t>(i == axis ? 1 : indexed[i]));
  for (size_t i = 0; i < rank; ++i) bytes.add(i == axis ? int64_t{0} : data[i]);
  for (size_t i = 0; i < rank; ++i) bytes.add(i == axis ? int64_t{0} : indices[i]);
  bytes.add(data[axis]);
  bytes.add(indices[axis]);
  for (const int64_t value : {length, dims[axis], ways, threads}) bytes.add(static_cast<uint32_t>(value));
  kernel->bytes_of_struct(bytes.finish());
  if (not in_order) {
    ParameterBytes extents;
    for (const int64_t extent : indexed) extents.add(static_cast<uint32_t>(extent));
    kernel->bytes_of_struct(extents.finish());
  }
  kernel->copy_first(request, 0, 0, variant.outputs[0]);
  return kernel;
}

std::unique_ptr<tactics::Kernel> rows_kernel(tactics::BuildContext& context, const OpRequest& request, const Variant& variant) {
  const auto& op = *request.op.as<ops::ScatterND>();
  const Dims dims = request.dims(0), indexed = request.dims(1), strides = row_major_strides(dims);
  const auto length = static_cast<size_t>(indexed.back());
  const int64_t rows = element_count(indexed) / indexed.back();
  int64_t inner = 1;
  for (size_t axis = length; axis < dims.size(); ++axis) inner *= dims[axis];
  const bool in_order = op.reduction != ScatterReduction::none or rows <= short_line / 4;
  const int64_t ways = in_order ? ways_of(inner, rows) : 1;
  auto kernel = std::make_unique<OneLaunch>(context,
                                            scatter_rows_source(op.reduction, element_type(op.reduction, variant.outputs[0].storage),
                                                                request.inputs[1].type.dtype, length, in_order),
                                            rows == 0 ? 0 : inner * (in_order ? ways : rows));
  add_tensors(*kernel, request, variant);
  ParameterBytes coordinates;
  for (size_t axis = 0; axis < length; ++axis) coordinates.add(static_cast<uint32_t>(dims[axis]));
  for (size_t axis = 0; axis < length; ++axis) coordinates.add(strides[axis]);
  kernel->bytes_of_struct(coordinates.finish());
  kernel->value(static_cast<uint32_t>(rows));
  kernel->value(static_cast<uint32_t>(inner));
  if (in_order) kernel->value(static_cast<uint32_t>(ways));
  kernel->copy_first(request, 0, 0, variant.outputs[0]);
  return kernel;
}

class CudaScatter final : public tactics::Tactic {
 public:
  std::string_view id() const override { return "cuda.scatter"; }
  uint32_t revision() const override { return 1; }

  Verdict supports(const OpRequest& request) const override {
    const auto* elements = request.op.as<ops::ScatterElements>();
    const auto* rows = request.op.as<ops::ScatterND>();
    if (elements == nullptr and rows == nullptr) return Verdict::no("neither ScatterElements nor ScatterND");
    if (std::string reason = move_refusal(request, std::array{size_t{0}}); not reason.empty()) return Verdict::no(std::move(reason));
    if (std::string reason = index_refusal(request, 1); not reason.empty()) return Verdict::no(std::move(reason));
    const size_t rank = request.dims(0).size();
    if (rank == 0 or rank > most_axes) return Verdict::no("no axes, or more than 8");
    if (rows != nullptr and (request.dims(1).empty() or request.dims(1).back() == 0)) return Verdict::no("rows without coordinates");
    const ScatterReduction reduction = rows != nullptr ? rows->reduction : elements->reduction;
    const DType type = request.inputs[0].type.dtype;
    if (reduction != ScatterReduction::none and stored_type(type).empty())
      return Verdict::no(fmt::format("elements of type {}", name_of(type)));
    return Verdict::yes();
  }

  void variants(const OpRequest& request, tactics::VariantSink& sink) const override {
    for (const std::optional<DType> lowered : usual_storages(request)) {
      Variant variant = plain_variant(request, lowered);
      variant.estimate =
          move_seconds(2 * stored_bytes_of(request.outputs[0], lowered) + 3 * stored_bytes_of(request.inputs[2].type, lowered), 2);
      if (request.inputs[0].constant == nullptr) variant.in_place = 0;
      sink.offer(std::move(variant));
    }
  }

  std::unique_ptr<tactics::Kernel> build(tactics::BuildContext& context, const OpRequest& request, const Variant& variant) const override {
    return request.op.is<ops::ScatterElements>() ? elements_kernel(context, request, variant) : rows_kernel(context, request, variant);
  }
};

}  // namespace

void register_scatter(tactics::Registry& registry) { registry.add(std::make_unique<CudaScatter>()); }

}  // namespace burnish::cuda
