// The sources of the kernels in scatter.cuh, for the tactics of scatter.cpp and for tests that compile them without a GPU.
#pragma once

#include <string>

#include "burnish/dtype.h"
#include "ops/scatter_reduction.h"

namespace burnish::cuda {

/// Updates in their order, or, for updates that replace, one thread for each.
std::string scatter_elements_source(ops::ScatterReduction reduction, DType storage, DType index, size_t rank, bool in_order);
std::string scatter_rows_source(ops::ScatterReduction reduction, DType storage, DType index, size_t length, bool in_order);

}  // namespace burnish::cuda
