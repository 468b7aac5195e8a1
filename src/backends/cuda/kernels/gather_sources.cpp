#include "backends/cuda/kernels/gather_sources.h"

#include "backends/cuda/kernels/join.h"
#include "backends/cuda/nvrtc/expr_source.h"

namespace burnish::cuda {

std::string gather_source(int word_bytes, DType index) {
  return fmt::format(
      "#include \"gather.cuh\"\n"
      "extern \"C\" __global__ void __launch_bounds__(256) gather(const {0}* from, const {1}* indices, {0}* to, u32 count, u32 extent, "
      "u32 picks, u32 inner) {{\n  release_next();\n  wait_for_inputs();\n  gather_slices(from, indices, to, count, extent, picks, "
      "inner);\n}}\n",
      word_type(word_bytes), stored_type(index));
}

std::string gather_rows_source(int word_bytes, DType index, size_t length) {
  return fmt::format(
      "#include \"gather.cuh\"\n"
      "extern \"C\" __global__ void __launch_bounds__(256) gather(const {0}* from, const {1}* indices, {0}* to, u32 count, u32 inner, "
      "u32 rows_per_batch, u32 batch_words, const Coordinates<{2}> coordinates) {{\n"
      "  release_next();\n  wait_for_inputs();\n  gather_rows<{2}>(from, indices, to, count, inner, rows_per_batch, batch_words, "
      "coordinates);\n}}\n",
      word_type(word_bytes), stored_type(index), length);
}

std::string gather_elements_source(int word_bytes, DType index, size_t rank) {
  return fmt::format(
      "#include \"gather.cuh\"\n"
      "extern \"C\" __global__ void __launch_bounds__(256) gather(const {0}* from, const {1}* indices, {0}* to, u32 count, "
      "const Extents<{2}> extents, const Strides<{2}> strides, u32 extent, i64 stride) {{\n"
      "  release_next();\n  wait_for_inputs();\n  gather_elements(from, indices, to, count, extents, strides, extent, stride);\n}}\n",
      word_type(word_bytes), stored_type(index), rank);
}

std::string index_refusal(const tactics::OpRequest& request, size_t input) {
  const DType type = request.inputs.at(input).type.dtype;
  if (type != DType::i32 and type != DType::i64) return fmt::format("indices of type {}", name_of(type));
  return {};
}

int word_of(int64_t bytes) {
  int word = 16;
  while (bytes % word != 0) word /= 2;
  return word;
}

}  // namespace burnish::cuda
