// The limit of memory: what is beyond it is an Error, and what was given back may be had again.
#include "base/memory.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "burnish/tensor.h"

namespace burnish {
namespace {

constexpr size_t megabyte = size_t{1} << 20U;

StatusCode code_of(const Dims& dims, DType dtype = DType::u8) {
  try {
    Tensor(dtype, dims);
  } catch (const Error& error) { return error.code(); }
  return StatusCode::ok;
}

TEST(Memory, ATensorBeyondTheLimitIsRefused) {
  const MemoryLimitScope limit(memory_in_use() + 4 * megabyte);
  EXPECT_EQ(code_of({3, 1 << 20}), StatusCode::ok);
  EXPECT_EQ(code_of({5, 1 << 20}), StatusCode::resource_exhausted);
  EXPECT_EQ(code_of({1 << 20}, DType::string), StatusCode::resource_exhausted);
}

TEST(Memory, ManyTensorsCountTogether) {
  const MemoryLimitScope limit(memory_in_use() + 4 * megabyte);
  const Tensor first(DType::u8, {2, 1 << 20});
  {
    const Tensor second(DType::u8, {1, 1 << 20});
    EXPECT_EQ(code_of({2, 1 << 20}), StatusCode::resource_exhausted);
  }
  EXPECT_EQ(code_of({2, 1 << 20}), StatusCode::ok);
}

TEST(Memory, NoMachineHasThis) { EXPECT_EQ(code_of({int64_t{1} << 50}), StatusCode::resource_exhausted); }

TEST(Memory, CountsWhatIsGivenOut) {
  const size_t before = memory_in_use();
  {
    const std::shared_ptr<void> memory = aligned_memory(1000, 64);
    EXPECT_EQ(memory_in_use(), before + 1024);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(memory.get()) % 64, 0U);
  }
  EXPECT_EQ(memory_in_use(), before);
}

}  // namespace
}  // namespace burnish
