#include "backends/cuda/kernels/packed_constant.h"

#include "backends/cuda/kernels/constants.h"
#include "base/error.h"

namespace burnish::cuda {
namespace {

Expr conversion(DType from, DType to) {
  Expr expr;
  const ExprOperand input = expr.add_input(from);
  expr.outputs = {from == to ? input : expr.add_step(ExprCode::cast, to, {input, 0, 0})};
  return expr;
}

}  // namespace

tactics::DeviceMemory packed_constant(tactics::BuildContext& context, const Tensor& constant, DType storage, const Dims& extents,
                                      const Dims& strides) {
  const Dims packed = Layout::row_major(extents.size()).strides(extents);
  tactics::DeviceMemory plain = upload(constant.data(), static_cast<int64_t>(constant.bytes()));
  if (constant.dtype() == storage and strides == packed) return plain;
  const int64_t bytes = element_count(extents) * static_cast<int64_t>(byte_size(storage));
  tactics::DeviceMemory memory(gpu(), std::max<int64_t>(bytes, 16));
  const Elementwise change(context, conversion(constant.dtype(), storage), extents, {{constant.dtype(), strides}}, {{storage, packed}});
  const tactics::DeviceStream stream(gpu());
  const std::array<const std::byte*, 1> from{plain.data()};
  const std::array<std::byte*, 1> to{memory.data()};
  Status done = change.run(from, to, stream.handle());
  if (done) done = gpu().synchronize(stream.handle());
  if (not done) throw Error(done.message(), done.code());
  return memory;
}

tactics::DeviceMemory packed_constant(tactics::BuildContext& context, const Tensor& constant, DType storage) {
  const Dims flat{constant.size()};
  return packed_constant(context, constant, storage, flat, {1});
}

}  // namespace burnish::cuda
