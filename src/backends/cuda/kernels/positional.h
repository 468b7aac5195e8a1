// The sources of the kernels in positional.cuh, for the tactics of positional.cpp and cumulative.cpp and for tests that compile them without a GPU.
#pragma once

#include <string>

#include "burnish/dtype.h"

namespace burnish::cuda {

std::string one_hot_source(int word_bytes, DType index);
std::string range_source(DType storage);
std::string eye_source(int word_bytes);
std::string trilu_source(int word_bytes);
std::string reverse_sequence_source(int word_bytes, DType index);
std::string max_unpool_source(int word_bytes, DType index, size_t rank);

struct CumulativeShape {
  DType storage = DType::f32;
  bool product = false, exclusive = false, reverse = false;
  bool by_blocks = false;  // a block for each row, not a thread
};
std::string cumulative_source(const CumulativeShape& shape);

}  // namespace burnish::cuda
