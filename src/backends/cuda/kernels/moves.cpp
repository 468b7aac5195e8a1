#include "backends/cuda/kernels/moves.h"

#include <algorithm>
#include <cstring>
#include <numeric>

#include "backends/cuda/kernels/constants.h"
#include "backends/cuda/kernels/formats.h"
#include "backends/cuda/kernels/loops.h"
#include "backends/cuda/kernels/parameter_bytes.h"
#include "backends/cuda/nvrtc/expr_source.h"
#include "base/error.h"
#include "tensor/number.h"

namespace burnish::cuda {

using tactics::Format;
using tactics::OpRequest;

std::optional<DType> bits_of(DType type) {
  if (type == DType::string) return {};
  switch (byte_size(type)) {
    case 1: return DType::u8;
    case 2: return DType::u16;
    case 4: return DType::u32;
    case 8: return DType::u64;
    default: return {};
  }
}

std::string move_refusal(const OpRequest& request, std::span<const size_t> data_inputs) {
  if (request.has_epilogue()) return "a copy takes no epilogue";
  for (const size_t input : data_inputs)
    if (const DType type = request.inputs.at(input).type.dtype; not bits_of(type))
      return fmt::format("elements of type {} are not moved on the GPU", name_of(type));
  for (const TensorType& output : request.outputs)
    if (element_count(output.shape.dims()) > INT32_MAX) return "more than 2^31 elements";
  for (const tactics::Operand& operand : request.inputs)
    if (operand.present and element_count(operand.type.shape.dims()) > INT32_MAX) return "more than 2^31 elements";
  return {};
}

std::string parameter_refusal(const OpRequest& request, size_t first) {
  for (size_t i = first; i < request.inputs.size(); ++i)
    if (request.inputs[i].present and request.inputs[i].constant == nullptr) return fmt::format("input {} is not constant", i);
  return {};
}

std::vector<int64_t> parameter(const OpRequest& request, size_t input) {
  if (request.inputs.size() <= input or not request.inputs[input].present) return {};
  return request.inputs[input].constant->integers();
}

double move_seconds(double bytes, int launches, double share) {
  constexpr double launch = 1.5e-6;
  return launch * launches + bytes / (share * std::max(1e9, gpu().facts().bandwidth));
}

double stored_bytes_of(const TensorType& type, std::optional<DType> lowered) {
  return static_cast<double>(element_count(type.shape.dims())) * static_cast<double>(byte_size(storage_of(type.dtype, lowered)));
}

tactics::DeviceMemory upload_as(const Tensor& constant, const Format& format) {
  const Tensor narrowed = constant.dtype() == format.storage ? constant : converted(constant, format.storage);
  if (format.layout.is_row_major()) return upload(narrowed.data(), static_cast<int64_t>(narrowed.bytes()));
  const Dims& dims = narrowed.dims();
  const size_t bytes = byte_size(format.storage);
  std::vector<std::byte> packed(static_cast<size_t>(stored_bytes(format, dims)));
  std::vector<int64_t> at(dims.size(), 0);
  for (int64_t i = 0; i < narrowed.size(); ++i) {
    std::memcpy(packed.data() + static_cast<size_t>(format.layout.offset(dims, at)) * bytes,
                narrowed.data() + static_cast<size_t>(i) * bytes, bytes);
    for (size_t axis = dims.size(); axis-- > 0;) {
      if (++at[axis] < dims[axis]) break;
      at[axis] = 0;
    }
  }
  return upload(packed.data(), static_cast<int64_t>(packed.size()));
}

Dims in_memory_order(std::span<const int64_t> values, const Layout& layout) {
  Dims made;
  for (const uint8_t axis : layout.order) made.push_back(values[axis]);
  return made;
}

Expr conversion(DType from, DType to) {
  Expr expr;
  const ExprOperand input = expr.add_input(from);
  expr.outputs = {from == to ? input : expr.add_step(ExprCode::cast, to, {input, 0, 0})};
  return expr;
}

std::string tile_source(const TileShape& shape) {
  const std::string from = stored_type(shape.from), to = stored_type(shape.to);
  std::string text = "#include \"expr.cuh\"\n#include \"tile.cuh\"\n" + print_function(conversion(shape.from, shape.to), "apply");
  text +=
      fmt::format("__device__ inline {1} convert({0} x) {{\n  {2} y;\n  apply(load_element(x), y);\n  return store_element<{1}>(y);\n}}\n",
                  from, to, computed_type(shape.to));
  return text + fmt::format(
                    "extern \"C\" __global__ void __launch_bounds__(256) tiles(const {0}* from, {1}* to, const Matrices<{2}> matrices) {{\n"
                    "  release_next();\n  wait_for_inputs();\n  copy_tiles<{3}, {4}, {5}, {6}>(from, to, matrices, [](const {0}& x) {{ "
                    "return convert(x); }});\n}}\n",
                    from, to, shape.rank, shape.rows, shape.columns, shape.read, shape.write);
}

namespace {

constexpr int64_t least_of_a_tile = 16;  // below, whole runs are too short to be worth the detour

/// The longest run up to 16 bytes that divides everything.
int run_length(size_t element_bytes, std::initializer_list<int64_t> divided, std::span<const int64_t> strides) {
  for (int length = 16 / static_cast<int>(element_bytes); length > 1; length /= 2) {
    const auto divides = [&](int64_t value) { return value % length == 0; };
    if (std::ranges::all_of(divided, divides) and std::ranges::all_of(strides, divides)) return length;
  }
  return 1;
}

int tile_extent(int64_t extent) { return extent <= 16 ? 16 : extent <= 32 ? 32 : 64; }

}  // namespace

StridedMove::StridedMove(tactics::BuildContext& context, const Dims& domain, StridedOperand from, StridedOperand to) {
  if (from.storage == to.storage) {
    const auto bits = bits_of(from.storage);
    BURNISH_CHECK(bits.has_value(), "elements of type {} are not moved on the GPU", name_of(from.storage));
    from.storage = to.storage = *bits;
  }
  // Threads walk along what the target holds contiguously.
  std::vector<size_t> order(domain.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::ranges::stable_sort(order, [&](size_t a, size_t b) { return to.strides[a] > to.strides[b]; });
  const auto sorted = [&](const Dims& values) {
    Dims made;
    for (const size_t axis : order) made.push_back(values[axis]);
    return made;
  };
  const Dims walked = sorted(domain);
  from.strides = sorted(from.strides);
  to.strides = sorted(to.strides);
  if (make_tiles(context, walked, from, to)) return;
  plain_ = std::make_unique<Elementwise>(context, conversion(from.storage, to.storage), walked, std::vector{from}, std::vector{to});
}

bool StridedMove::make_tiles(tactics::BuildContext& context, const Dims& domain, const StridedOperand& from, const StridedOperand& to) {
  const std::array<std::span<const int64_t>, 2> both{from.strides, to.strides};
  const Loops loops = merged_loops(domain, both);
  const std::vector<int64_t>&extents = loops.extents, &source = loops.strides[0], &target = loops.strides[1];
  const size_t rows_axis = extents.size() - 1;
  const size_t columns_axis = static_cast<size_t>(std::ranges::find(source, 1) - source.begin());
  if (columns_axis >= rows_axis or target[rows_axis] != 1) return false;
  const int64_t rows = extents[rows_axis], columns = extents[columns_axis];
  if (std::min(rows, columns) < least_of_a_tile) return false;

  std::vector<int64_t> count, from_strides, to_strides;
  for (size_t axis = 0; axis < extents.size(); ++axis) {
    if (axis == rows_axis or axis == columns_axis) continue;
    count.push_back(extents[axis]);
    from_strides.push_back(source[axis]);
    to_strides.push_back(target[axis]);
  }
  if (count.empty()) {
    count = {1};
    from_strides = to_strides = {0};
  }
  TileShape shape{.from = from.storage, .to = to.storage, .rows = tile_extent(rows), .columns = tile_extent(columns), .rank = count.size()};
  if (std::max(byte_size(from.storage), byte_size(to.storage)) == 8) {
    shape.rows = std::min(shape.rows, 32);
    shape.columns = std::min(shape.columns, 32);
  } else {
    if (shape.rows < 64) shape.columns = columns > 64 ? 4096 / shape.rows : shape.columns;
    else if (shape.columns < 64) shape.rows = rows > 64 ? 4096 / shape.columns : shape.rows;
  }
  shape.read = run_length(byte_size(from.storage), {columns, source[rows_axis], from.offset}, from_strides);
  shape.write = run_length(byte_size(to.storage), {rows, target[columns_axis], to.offset}, to_strides);

  const int64_t tiles = (rows + shape.rows - 1) / shape.rows * ((columns + shape.columns - 1) / shape.columns) * element_count(count);
  ParameterBytes parameter;
  parameter.add(static_cast<uint32_t>(rows));
  parameter.add(static_cast<uint32_t>(columns));
  parameter.add(source[rows_axis]);
  parameter.add(target[columns_axis]);
  for (const int64_t extent : count) parameter.add(static_cast<uint32_t>(extent));
  for (const int64_t stride : from_strides) parameter.add(stride);
  for (const int64_t stride : to_strides) parameter.add(stride);
  parameter.add(static_cast<uint32_t>(tiles));

  Tiles& made = tiles_.emplace(Tiles{});
  made.matrices = parameter.finish();
  made.grid.blocks[0] = static_cast<unsigned>(std::min<int64_t>(tiles, INT32_MAX));
  made.grid.may_start_early = true;
  made.from_bytes = from.offset * static_cast<int64_t>(byte_size(from.storage));
  made.to_bytes = to.offset * static_cast<int64_t>(byte_size(to.storage));
  made.code = std::make_unique<Code>(context, tile_source(shape));
  made.function = made.code->function("tiles");
  return true;
}

Status StridedMove::run(const std::byte* from, std::byte* to, void* stream) const noexcept {
  if (not tiles_) return plain_->run({&from, 1}, {&to, 1}, stream);
  if (tiles_->grid.blocks[0] == 0) return Status::ok();
  const std::byte* source = from + tiles_->from_bytes;
  std::byte* target = to + tiles_->to_bytes;
  std::array<void*, 3> arguments{static_cast<void*>(&source), static_cast<void*>(&target), const_cast<std::byte*>(tiles_->matrices.data())};
  return launch(tiles_->function, tiles_->grid, arguments, stream);
}

}  // namespace burnish::cuda
