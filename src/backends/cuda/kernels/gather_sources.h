// The sources of the kernels in gather.cuh and scatter.cuh, for tactics and for tests that compile them without a GPU.
#pragma once

#include <string>

#include "burnish/dtype.h"
#include "tactics/request.h"

namespace burnish::cuda {

std::string gather_source(int word_bytes, DType index);
std::string gather_rows_source(int word_bytes, DType index, size_t length);
std::string gather_elements_source(int word_bytes, DType index, size_t rank);

/// Why an input cannot be read as indices by kernels; empty where it can.
std::string index_refusal(const tactics::OpRequest& request, size_t input);

/// The largest word that divides so many bytes.
int word_of(int64_t bytes);

}  // namespace burnish::cuda
