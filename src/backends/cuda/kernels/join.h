// Concat and Split as one kernel for many parts: see join.cuh. The tactics of join.cpp are made of it; tests compile it without a GPU.
#pragma once

#include <string>

namespace burnish::cuda {

/// The device type of a word of so many bytes, a power of 2 up to 16.
std::string word_type(int bytes);

/// The source of the kernel for words of so many bytes and at most so many parts.
std::string join_source(bool joins, int word_bytes, int parts, int together = 1);

}  // namespace burnish::cuda
