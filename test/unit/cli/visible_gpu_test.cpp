// Which GPU --device asks for, and its number among those that are shown.
#include "cli/trtexec/visible_gpu.h"

#include <gtest/gtest.h>

#include "cli/usage_error.h"

namespace burnish::cli::trtexec {
namespace {

TEST(VisibleGpu, IsTheLastOneAskedFor) {
  EXPECT_EQ(asked_gpu({"--onnx=m.onnx"}), std::nullopt);
  EXPECT_EQ(asked_gpu({"--device=2", "--onnx=m.onnx", "--device=1"}), 1);
  EXPECT_EQ(asked_gpu({"--device=x"}), std::nullopt);
  EXPECT_EQ(asked_gpu({"--device=-1"}), std::nullopt);
}

TEST(VisibleGpu, CountsAmongThoseThatAreShown) {
  EXPECT_EQ(visible_gpu(std::nullopt, 3), "3");
  EXPECT_EQ(visible_gpu("4, 7", 1), "7");
  EXPECT_EQ(visible_gpu("GPU-8932f937", 0), "GPU-8932f937");
  EXPECT_THROW((void)visible_gpu("4,7", 2), UsageError);
  EXPECT_EQ(visible_gpu("", 0), "");
}

}  // namespace
}  // namespace burnish::cli::trtexec
