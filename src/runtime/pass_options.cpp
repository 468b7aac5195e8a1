#include "runtime/pass_options.h"

#include "tactics/registry.h"

namespace burnish::runtime {

void suit(passes::PassConfig& config, std::string_view name) {
  const tactics::Backend* backend = tactics::registry().find_backend(name.empty() ? tactics::default_backend() : name);
  if (backend == nullptr) return;
  config.integer_products = backend->peak_flops(1, DType::u8) > backend->peak_flops(1, DType::f32);
  config.float8_products = backend->peak_flops(1, DType::f8e4m3fn) > backend->peak_flops(1, DType::f16);
  config.block_products = backend->device() == nullptr;  // devices have no kernel for it
  config.unsigned_bytes = backend->peak_flops(1, DType::u8) > backend->peak_flops(1, DType::i8);
}

}  // namespace burnish::runtime
