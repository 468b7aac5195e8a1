// One matrix product by cuBLASLt, with what it can do of an epilogue: descriptors, the library's ranked algorithms, variants, and the kernel.
// The tactics of this folder describe their operator as a MatrixProduct and leave the rest to it.
// Sums are in f32 (f64 for f64): f32 products never use the shorter mantissas of tensor cores.
#pragma once

#include "backends/cuda/cublaslt/lt_epilogue.h"

namespace burnish::cuda {

/// A tactic's own revision together with the library's version: its ranking and speed change with it.
uint32_t lt_revision(uint32_t own);

/// What the library cannot multiply, or cannot at all.
tactics::Verdict lt_supports(const tactics::OpRequest& request, const FoundProduct& found);

/// One variant for each storage and each of the library's first algorithms: knobs "algo=0", "algo=1", ...
void offer_lt_variants(const tactics::OpRequest& request, const MatrixProduct& product, tactics::VariantSink& sink);

std::unique_ptr<tactics::Kernel> build_lt_kernel(tactics::BuildContext& context, const tactics::OpRequest& request,
                                                 const MatrixProduct& product, const tactics::Variant& variant);

}  // namespace burnish::cuda
