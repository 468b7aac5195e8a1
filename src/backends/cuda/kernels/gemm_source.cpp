// Device code of matrix products: the tile and the image as types, the epilogue, and the instruction of groups of warps.
#include <fmt/format.h>

#include "backends/cuda/kernels/gemm.h"
#include "backends/cuda/nvrtc/expr_source.h"

namespace burnish::cuda {
namespace {

/// How instructions of groups name an operation.
struct GroupWords {
  const char *left, *right, *sum;
  int terms;               // along k
  const char* further;     // halves may be negated and transposed on the way, float8 negated
  const char *cpp, *kind;  // of the sums
};

GroupWords group_words(DType type) {
  switch (type) {
    case DType::f16: return {"f16", "f16", "f32", 16, ", 1, 1, 0, 0", "float", "f"};
    case DType::bf16: return {"bf16", "bf16", "f32", 16, ", 1, 1, 0, 0", "float", "f"};
    case DType::f8e4m3fn: return {"e4m3", "e4m3", "f32", 32, ", 1, 1", "float", "f"};
    case DType::u8: return {"u8", "s8", "s32", 32, "", "int", "r"};
    default: return {"s8", "s8", "s32", 32, "", "int", "r"};
  }
}

/// One instruction multiplies a group's 64 rows by all columns; its operands are too many to write by hand.
std::string group_product(const GemmSource& source) {
  const int count = source.tiling.n / 2;
  const GroupWords words = group_words(source.type);
  std::string places, sums;
  for (int i = 0; i < count; ++i) {
    places += fmt::format("{}%{}", i == 0 ? "" : ", ", i);
    sums += fmt::format("{}\"+{}\"(sums[{}][{}])", i == 0 ? "" : ", ", words.kind, i / 4, i % 4);
  }
  return fmt::format(
      "__device__ inline void multiply_add_group({} (&sums)[{}][4], u64 left, u64 right) {{\n#if __CUDA_ARCH__ == 900\n"
      "  asm volatile(\"wgmma.mma_async.sync.aligned.m64n{}k{}.{}.{}.{} {{{}}}, %{}, %{}, 1{};\" : {} : \"l\"(left), "
      "\"l\"(right));\n"
      "#endif\n}}\n",
      words.cpp, source.tiling.n / 8, source.tiling.n, words.terms, words.sum, words.left, words.right, places, count, count + 1,
      words.further, sums);
}

/// What the device code multiplies: halves, or bytes in pairs.
std::string factor_type(DType type) {
  switch (type) {
    case DType::i8: return "i8_pair";
    case DType::u8: return "u8_pair";
    case DType::f8e4m3fn: return "f8_pair";
    default: return stored_type(type);
  }
}

std::string image_type(const ConvImage& image) {
  const auto axis = [](const ops::WindowAxis& one) {
    return fmt::format("ConvAxis<{}, {}, {}, {}, {}, {}>", one.input, one.output, one.kernel, one.stride, one.dilation, one.pad_begin);
  };
  return fmt::format("ConvImage<{}, {}, {}>", image.channels, axis(image.rows), axis(image.columns));
}

}  // namespace

std::string pad_channels_source(const ConvImage& image, int together, DType from, DType to) {
  return fmt::format(
      "#include \"pad_channels.cuh\"\nextern \"C\" __global__ void __launch_bounds__(256) pad(const {0}* from, {1}* to, u32 runs, u32 "
      "runs_of_plane) {{\n  release_next();\n  wait_for_inputs();\n  pad_channels<{2}, {3}, {4}>(from, to, runs, runs_of_plane);\n}}\n",
      stored_type(from), stored_type(to), image.given, image.channels, together);
}

std::string gemm_source(const GemmSource& source, const Tail& tail) {
  const GemmTiling& tiling = source.tiling;
  const std::string type = factor_type(source.type);
  const char* by = tiling.groups ? "groups" : "warps";
  const auto flag = [](bool value) { return value ? "true" : "false"; };
  std::string text = tail.source();
  if (tiling.groups) text += group_product(source);  // known before the header that calls it
  text += fmt::format("#include \"gemm_{}.cuh\"\n", by);
  text += fmt::format("using Tile = GemmTile<{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}>;\n", type, tiling.m, tiling.n, tiling.k,
                      tiling.warps_m, tiling.warps_n, tiling.stages, flag(tiling.resident), flag(source.right_k_inner),
                      flag(source.right_is_constant), tiling.splits, source.image ? image_type(*source.image) : "void");
  const std::string cluster = tiling.splits > 1 ? fmt::format("__cluster_dims__(1, {}, 1) ", tiling.splits) : "";
  return text + fmt::format(
                    "extern \"C\" __global__ void __launch_bounds__({0}, 1) {1}gemm(const __grid_constant__ GemmShape shape, const "
                    "__grid_constant__ Extents<{2}> rows, const {3}* __restrict__ left, const {3}* __restrict__ right, const "
                    "__grid_constant__ Tail tail) {{\n  gemm_by_{4}<Tile, {5}>(shape, rows, left, right, tail);\n}}\n",
                    tiling.threads(), cluster, source.row_axes, type, by, source.width);
}

}  // namespace burnish::cuda
