// MatMulNBits: a product with weights stored in 2, 4 or 8 bits, in blocks with a scale each. com.microsoft MatMulNBits.
// Inputs: A [...,K], B u8 [N, blocks, bytes of a block], scales [N*blocks], optional zero points (packed bytes of each row, or in A's type),
// optional group index, optional bias [N]. The weights must be constants: they become a tensor of the narrow type, dequantized block by block.
#include "base/error.h"
#include "ops/contrib/delegate.h"
#include "ops/inference.h"
#include "ops/matmul.h"
#include "ops/numbers.h"
#include "ops/operator.h"
#include "ops/pointwise_import.h"
#include "ops/quantize.h"
#include "ops/slice.h"

namespace burnish::ops {
namespace {

struct Packing {
  int64_t rows = 0;     // N
  int64_t columns = 0;  // K
  int64_t bits = 4;
  int64_t block = 32;

  int64_t blocks() const { return (columns + block - 1) / block; }
  DType dtype() const { return bits == 2 ? DType::u2 : bits == 4 ? DType::u4 : DType::u8; }
};

Packing packing_of(const ImportContext& context) {
  const Packing packing{context.require_int("N"), context.require_int("K"), context.int_or("bits", 4), context.require_int("block_size")};
  constexpr int64_t most = int64_t{1} << 31;
  if (packing.rows < 1 or packing.columns < 1 or packing.rows > most or packing.columns > most)
    fail("a weight of {} rows and {} columns", packing.rows, packing.columns);
  if (packing.bits != 2 and packing.bits != 4 and packing.bits != 8)
    fail_unsupported("weights of {} bits; 2, 4 and 8 are supported", packing.bits);
  if (packing.block < 8 or packing.block > most or packing.block * packing.bits % 8 != 0) fail("blocks of {} weights", packing.block);
  return packing;
}

/// Numbers of a few bits, lowest first in each byte, one to a byte; each of `rows` begins at a byte of its own.
Tensor unpacked(const Tensor& packed, const Packing& packing, int64_t rows, int64_t columns, std::string_view name) {
  const int64_t in_byte = 8 / packing.bits;
  const int64_t row_bytes = (columns + in_byte - 1) / in_byte;
  if (packed.dtype() != DType::u8 or packed.size() != rows * row_bytes)
    fail("{} is {} of {}, but {} bytes are needed", name, name_of(packed.dtype()), text_of(packed.dims()), rows * row_bytes);
  Tensor out = Tensor::uninitialized(packing.dtype(), {rows, columns});
  const std::span<const uint8_t> from = packed.values<uint8_t>();
  const std::span<uint8_t> to = out.mutable_values<uint8_t>();
  for (int64_t row = 0; row < rows; ++row)
    for (int64_t i = 0; i < columns; ++i) {
      const unsigned byte = from[static_cast<size_t>(row * row_bytes + i / in_byte)];
      to[static_cast<size_t>(row * columns + i)] = static_cast<uint8_t>((byte >> static_cast<unsigned>(i % in_byte * packing.bits)) &
                                                                        ((1U << static_cast<unsigned>(packing.bits)) - 1));
    }
  return out;
}

const Tensor& constant_input(const ImportContext& context, size_t index, std::string_view name) {
  const Tensor* tensor = context.constant(index);
  if (tensor == nullptr) fail_unsupported("{} of MatMulNBits must be a constant", name);
  return *tensor;
}

/// [N, blocks] in the weights' type.
ValueId zero_points(ImportContext& context, const Packing& packing) {
  if (not context.has_input(3)) {
    Tensor middle = Tensor::uninitialized(packing.dtype(), {packing.rows, packing.blocks()});
    for (int64_t i = 0; i < middle.size(); ++i) middle.set_integer(i, int64_t{1} << (packing.bits - 1));
    return context.constant(std::move(middle));
  }
  const Tensor& given = constant_input(context, 3, "the zero points");
  if (given.dtype() != DType::u8) fail_unsupported("zero points of type {}", name_of(given.dtype()));
  return context.constant(unpacked(given, packing, packing.rows, packing.blocks(), "the zero points"));
}

void import(ImportContext& context) {
  const std::vector<ValueId> inputs = required_inputs(context, 3, 6);
  if (context.has_input(4)) fail_unsupported("MatMulNBits with a group index");
  const Packing packing = packing_of(context);
  const int64_t padded = packing.blocks() * packing.block;
  check_extents(Shape{packing.rows, padded});
  const Tensor& scales = constant_input(context, 2, "the scales");
  const ValueId weight = context.constant(unpacked(constant_input(context, 1, "the weight"), packing, packing.rows, padded, "the weight"));
  const ValueId scale = context.constant(scales.reshaped({packing.rows, packing.blocks()}));
  const DequantizeLinear op{.axis = 1, .block_size = packing.block, .output = scales.dtype()};
  ValueId b = context.add(op, {weight, scale, zero_points(context, packing)});
  if (padded != packing.columns)
    b = context.add(Slice{}, {b, context.constant_i64({0}), context.constant_i64({packing.columns}), context.constant_i64({1})});
  ValueId result = context.add(MatMul{.transpose_b = true}, {inputs[0], cast_to(context, b, context.type(inputs[0]).dtype)});
  if (context.has_input(5)) result = add_pointwise(context, ExprCode::add, {result, inputs[5]});
  context.set_output(0, result);
}

}  // namespace

void register_matmul_n_bits(Registry& registry) { registry.add_import("MatMulNBits", 1, import, microsoft); }

}  // namespace burnish::ops
