// Layouts: offsets against hand-computed places, and the text forms of layouts and types.
#include "tensor/layout.h"

#include <gtest/gtest.h>

#include "tensor/tensor_type.h"

namespace burnish {
namespace {

TEST(Layout, Offsets) {
  const Dims dims{2, 3, 4, 5};
  EXPECT_EQ(Layout::row_major(4).offset(dims, Dims{1, 2, 3, 4}), 119);
  EXPECT_EQ(Layout::channels_last(4).offset(dims, Dims{1, 2, 3, 4}), ((1 * 4 + 3) * 5 + 4) * 3 + 2);
  // nChw16c: 3 channels take one block of 16.
  EXPECT_EQ(Layout::channel_blocks(4, 16).offset(dims, Dims{1, 2, 3, 4}), ((1 * 1 * 4 + 3) * 5 + 4) * 16 + 2);
  EXPECT_EQ(Layout::channel_blocks(4, 2).offset(dims, Dims{1, 2, 3, 4}), (((1 * 2 + 1) * 4 + 3) * 5 + 4) * 2);
  // Two blocks of one axis: 4i16o4i, the innermost first.
  const Layout weights = *Layout::parse("01:1b4:0b16:1b4");
  EXPECT_EQ(weights.offset(Dims{32, 32}, Dims{17, 22}), (1 * 2 + 1) * 256 + 1 * 64 + 1 * 4 + 2);
}

TEST(Layout, EveryOffsetIsTakenOnce) {
  const Dims dims{2, 5, 3};
  const Layout layout = *Layout::parse("021:1b4:0b2");
  std::vector<int> taken(static_cast<size_t>(layout.stored_elements(dims)), 0);
  for (int64_t a = 0; a < 2; ++a)
    for (int64_t b = 0; b < 5; ++b)
      for (int64_t c = 0; c < 3; ++c) ++taken.at(static_cast<size_t>(layout.offset(dims, Dims{a, b, c})));
  EXPECT_EQ(std::count(taken.begin(), taken.end(), 1), 30);
  EXPECT_EQ(taken.size(), 2U * 8 * 3);
}

TEST(Layout, Strides) {
  EXPECT_EQ(Layout::channels_last(4).strides(Dims{2, 3, 4, 5}), (Dims{60, 1, 15, 3}));
  EXPECT_THROW(Layout::channel_blocks(4, 8).strides(Dims{2, 3, 4, 5}), Error);
  EXPECT_EQ(Layout::channels_last(2), Layout::row_major(2));
  EXPECT_TRUE(Layout::row_major(3).is_row_major());
  EXPECT_FALSE(Layout::channels_last(3).is_row_major());
}

TEST(Layout, Text) {
  EXPECT_EQ(Layout::channels_last(4).text(), "0231");
  EXPECT_EQ(Layout::channel_blocks(4, 16).text(), "0123:1b16");
  EXPECT_EQ(Layout::row_major(12).text(), "0123456789ab");
  for (const Layout& layout : {Layout::row_major(0), Layout::row_major(12), Layout::channels_last(5), Layout::channel_blocks(4, 8)})
    EXPECT_EQ(Layout::parse(layout.text()), layout);
  for (const char* text :
       {"00", "02", "01:", "01:2b4", "01:1b", "01:1b0", "01:1b-4", "01:1b4x", "0 1", "01:1b99999999999", "01:1b4:1b4:1b4:1b4"})
    EXPECT_FALSE(Layout::parse(text)) << text;
}

TEST(TensorType, Text) {
  for (const char* text : {"f32[N,3,224,224]", "i64[]", "bf16[N*4+1,\"a b\"]", "f32[1,64,56,56]{0123:1b16}", "boolean[?3]"})
    EXPECT_EQ(TensorType::parse(text).text(), text);
  for (const char* text : {"", "f33[1]", "f32", "f32[", "f32[1", "f32[-1]", "f32[1,]", "f32[1]{01}", "f32[1]{0", "f32[1] x",
                           "f32[9223372036854775807,9223372036854775807]"})
    EXPECT_THROW(TensorType::parse(text), Error) << text;
}

}  // namespace
}  // namespace burnish
