// Compiles a generated source for every GPU generation that Burnish knows. Tests of kernel families call it; it needs NVRTC and no GPU.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "backends/cuda/nvrtc/compile.h"
#include "backends/cuda/nvrtc/nvrtc_api.h"
#include "base/error.h"

namespace burnish::cuda {

inline constexpr int generations[] = {80, 90, 100};

#define BURNISH_NEEDS_NVRTC() \
  if (not nvrtc_api().reason.empty()) GTEST_SKIP() << nvrtc_api().reason

inline void expect_compiles(const std::string& source) {
  for (const int capability : generations) {
    try {
      EXPECT_GT(compile(source, capability).size(), 0);
    } catch (const Error& error) { FAIL() << error.what(); }
  }
}

}  // namespace burnish::cuda
