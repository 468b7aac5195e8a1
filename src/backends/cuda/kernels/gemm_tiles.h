// The ways in which our own matrix products can be tiled: which exist for a GPU and a product, what each should take, and their names as knobs.
// gemm.cpp offers the most promising. Estimates are a model of one multiprocessor; they order candidates, timing decides.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "backends/cuda/kernels/matrix_product.h"

namespace burnish::cuda {

struct GemmTiling {
  int m = 64, n = 64, k = 64;  // a block's tile of the result, and how much of k is in one stage
  int warps_m = 2, warps_n = 2;
  int stages = 4;
  int splits = 1;       // blocks of a cluster that divide k
  bool groups = false;  // products by groups of four warps
  /// The stages hold a block's whole part of k: everything is asked for at once.
  bool resident = false;

  int threads() const { return 32 * warps_m * warps_n; }
  /// Stages, or the tile of sums that takes their place.
  int shared_bytes() const;
  /// "tile=128x64x32 warps=2x2 stages=4 split=2"; with groups "groups=2" instead of warps; "stages=4 resident".
  std::string text() const;
  bool operator==(const GemmTiling&) const = default;
};

/// What a GPU has, for support and estimates.
struct GemmMachine {
  int capability = 90;
  int processors = 132;
  int shared_bytes = 227 * 1024;
  double clock = 1.7e9;
};
/// The GPU's, or that of an H200 where there is none.
GemmMachine gemm_machine();

/// Every tiling that the GPU can run for this product.
std::vector<GemmTiling> gemm_tilings(const GemmMachine& machine, const MatrixProduct& product);

/// Seconds, without reading and writing memory.
double gemm_seconds(const GemmMachine& machine, const MatrixProduct& product, const GemmTiling& tiling);

}  // namespace burnish::cuda
