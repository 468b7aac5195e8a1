// Samples from files: NumPy's as numpy wrote them, pictures drawn here, and what is refused.
#include "cli/samples.h"

#include <fstream>

#include <gmock/gmock.h>

#include "base/bytes.h"
#include "base/error.h"
#include "cli/npz.h"
#include "cli/sample_images.h"

namespace burnish::cli {
namespace {

using ::testing::HasSubstr;

/// numpy.savez(f, a=numpy.float32([[1, 2]]), b=numpy.float32([3])), with numpy 2.
constexpr std::string_view archive_text =
    "504b03042d000000000000002100b14645eaffffffffffffffff05001400612e6e70790100100088000000000000008800000000000000934e554d505901007600"
    "7b276465736372273a20273c6634272c2027666f727472616e5f6f72646572273a2046616c73652c20277368617065273a2028312c2032292c207d202020202020"
    "202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020200a0000803f00000040504b0304"
    "2d000000000000002100b28d1778ffffffffffffffff05001400622e6e70790100100084000000000000008400000000000000934e554d5059010076007b276465"
    "736372273a20273c6634272c2027666f727472616e5f6f72646572273a2046616c73652c20277368617065273a2028312c292c207d202020202020202020202020"
    "2020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020200a00004040504b01022d032d0000000000"
    "00002100b14645ea8800000088000000050000000000000000000000800100000000612e6e7079504b01022d032d000000000000002100b28d1778840000008400"
    "00000500000000000000000000008001bf000000622e6e7079504b05060000000002000200660000007a0100000000";

/// numpy.savez_compressed(f, a=numpy.zeros((300, 2), numpy.float32) + numpy.float32([1, 2])), with numpy 2.
constexpr std::string_view compressed_text =
    "504b03042d000000080000002100017417bcffffffffffffffff05001400612e6e707901001000e00900000000000062000000000000009bec17ea1b10c9c850"
    "c650ad9e925a9c5ca46ea5a06e9366a2aea3a09e965f54529498179f5f94920a12774bcc294e058a17672416a402f91ac606063a0a469a3a0ab50a64022e0686"
    "067b06060687517a941ea547e9517a941ea547e9519a3a3400504b01022d032d000000080000002100017417bc62000000e00900000500000000000000000000"
    "00800100000000612e6e7079504b0506000000000100010033000000990000000000";

std::string from_hex(std::string_view text) {
  std::string bytes;
  for (size_t i = 0; i + 1 < text.size(); i += 2)
    bytes.push_back(static_cast<char>(std::stoi(std::string(text.substr(i, 2)), nullptr, 16)));
  return bytes;
}

TensorInfo input_of(const std::string& name, DType dtype, Dims dims) {
  TensorInfo info;
  info.name = name;
  info.dtype = dtype;
  info.dims = dims;
  info.bytes = static_cast<size_t>(element_count(dims)) * byte_size(dtype);
  return info;
}

class SampleFiles : public ::testing::Test {
 protected:
  void SetUp() override { std::filesystem::create_directories(folder_); }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::filesystem::path write(const std::string& name, const std::string& bytes) const {
    std::ofstream(folder_ / name, std::ios::binary) << bytes;
    return folder_ / name;
  }
  std::filesystem::path folder_ = std::filesystem::path(::testing::TempDir()) /
                                  fmt::format("burnish_samples_{}", ::testing::UnitTest::GetInstance()->current_test_info()->name());
};

/// A portable pixmap: 2x1, red and blue.
const std::string picture = std::string("P6\n2 1\n255\n") + std::string("\xff\x00\x00\x00\x00\xff", 6);

TEST_F(SampleFiles, ArchivesAreReadByTheInputsName) {
  const auto file = write("s.npz", from_hex(archive_text));
  const auto a = read_batches(file, input_of("a", DType::f32, {1, 2})), b = read_batches(file, input_of("b", DType::f32, {1}));
  ASSERT_EQ(a.size(), 1U);
  EXPECT_EQ(a[0].values<float>()[1], 2);
  EXPECT_EQ(b.at(0).values<float>()[0], 3);
  EXPECT_THROW((void)read_batches(file, input_of("c", DType::f32, {1})), Error);
  EXPECT_THROW((void)read_batches(file, input_of("a", DType::i32, {1, 2})), Error) << "of another type";
}

TEST_F(SampleFiles, CompressedArchivesAreRead) {
  const auto batches = read_batches(write("s.npz", from_hex(compressed_text)), input_of("a", DType::f32, {100, 2}));
  ASSERT_EQ(batches.size(), 3U);
  EXPECT_EQ(batches[0].values<float>()[0], 1);
  EXPECT_EQ(batches[2].values<float>()[199], 2);
}

TEST_F(SampleFiles, DamagedCompressedArchivesAreErrorsOrArrays) {
  const std::string whole = from_hex(compressed_text);
  for (size_t at = 4; at < whole.size(); ++at)
    for (const char bit : {1, 16, -128}) {
      std::string damaged = whole;
      damaged[at] = static_cast<char>(damaged[at] ^ bit);
      try {
        for (const NpzArray& array : npz_arrays(bytes_of(damaged)))
          if (array.is_compressed) { EXPECT_EQ(npz_inflated(array).size(), array.size); }
      } catch (const Error& error) { EXPECT_STRNE(error.what(), ""); }
    }
}

TEST_F(SampleFiles, OneFolderOfArchivesServesSeveralInputs) {
  write("0.npz", from_hex(archive_text));
  write("1.npz", from_hex(archive_text));
  const std::vector<TensorInfo> inputs = {input_of("a", DType::f32, {1, 2}), input_of("b", DType::f32, {1})};
  const Samples samples = Samples::of_folder(folder_, 0);
  EXPECT_EQ(samples.batch(inputs, 1).size(), 2U);
  EXPECT_TRUE(samples.batch(inputs, 2).empty());
}

TEST_F(SampleFiles, CutOffArchivesAreErrors) {
  const std::string whole = from_hex(archive_text);
  for (size_t size = 0; size < whole.size(); ++size) {
    const std::string cut = whole.substr(0, size);
    if (not is_npz(bytes_of(cut))) continue;
    EXPECT_THROW((void)npz_arrays(bytes_of(cut)), Error) << size;
  }
}

TEST(SampleImages, BecomeInputsOfEitherOrder) {
  const ImagePreparation plain{.scale = 1.0 / 255, .mean = {0}, .deviation = {1}, .bgr = false};
  const Tensor nchw = image_input(bytes_of(picture), input_of("x", DType::f32, {1, 3, 1, 2}), plain);
  EXPECT_THAT(nchw.values<float>(), ::testing::ElementsAre(1, 0, 0, 0, 0, 1));
  const Tensor nhwc = image_input(bytes_of(picture), input_of("x", DType::f32, {1, 1, 2, 3}), plain);
  EXPECT_THAT(nhwc.values<float>(), ::testing::ElementsAre(1, 0, 0, 0, 0, 1));
  const Tensor bgr =
      image_input(bytes_of(picture), input_of("x", DType::f32, {1, 1, 2, 3}), {.scale = 1, .mean = {0}, .deviation = {1}, .bgr = true});
  EXPECT_THAT(bgr.values<float>(), ::testing::ElementsAre(0, 0, 255, 255, 0, 0));
  const Tensor bytes = image_input(bytes_of(picture), input_of("x", DType::u8, {1, 1, 2, 3}), plain);
  EXPECT_EQ(bytes.values<uint8_t>()[0], 255);
}

TEST(SampleImages, AreNormalizedByChannel) {
  const Tensor made = image_input(bytes_of(picture), input_of("x", DType::f32, {1, 3, 1, 2}),
                                  {.scale = 1, .mean = {1, 2, 3}, .deviation = {2, 1, 4}, .bgr = false});
  EXPECT_THAT(made.values<float>(), ::testing::ElementsAre(127, -0.5F, -2, -2, -0.75F, 63));
}

TEST(SampleImages, AreScaled) {
  const ImagePreparation plain{.scale = 1, .mean = {0}, .deviation = {1}, .bgr = false};
  const Tensor half = image_input(bytes_of(picture), input_of("x", DType::f32, {1, 3, 1, 1}), plain);
  EXPECT_THAT(half.values<float>(), ::testing::ElementsAre(127.5F, 0, 127.5F));
  const Tensor large = image_input(bytes_of(picture), input_of("x", DType::f32, {1, 3, 5, 4}), plain);
  EXPECT_NEAR(large.values<float>()[1], 191.25F, 1e-3) << "a quarter of the way from one center to the next";
}

TEST_F(SampleFiles, PicturesMakeWholeBatches) {
  for (const char* name : {"0.ppm", "1.ppm", "2.ppm"}) write(name, picture);
  const std::vector<TensorInfo> inputs = {input_of("x", DType::f32, {2, 3, 1, 2})};
  const Samples samples = Samples::of_folder(folder_, 0);
  EXPECT_EQ(samples.batch(inputs, 0).at(0).dims(), inputs[0].dims);
  EXPECT_TRUE(samples.batch(inputs, 1).empty());
  EXPECT_THROW((void)Samples::of_folder(folder_, 0).batch(std::vector{input_of("x", DType::f32, {4, 3, 1, 2})}, 0), Error);
  EXPECT_THROW((void)Samples::of_folder(folder_, 0).batch(std::vector{input_of("x", DType::f32, {1, 2, 1, 2})}, 0), Error);
}

}  // namespace
}  // namespace burnish::cli
