// Picture files: small ones written by hand, and every way of cutting them short or changing a byte.
#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "base/error.h"
#include "ops/images/image.h"

namespace burnish::ops {
namespace {

using Bytes = std::vector<uint8_t>;
using Decode = std::function<std::optional<Image>(std::span<const uint8_t>)>;

Bytes bytes_of(const std::string& text) { return {text.begin(), text.end()}; }

void append(Bytes& bytes, uint32_t value, size_t count) {
  for (size_t i = 0; i < count; ++i) bytes.push_back(static_cast<uint8_t>(value >> (8 * i)));
}

/// Two pixels across and two down: red, green, blue, white.
const Bytes four_pixels{255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255};

Bytes small_bmp() {
  Bytes file = bytes_of("BM");
  append(file, 70, 4);
  append(file, 0, 4);
  append(file, 54, 4);
  append(file, 40, 4);
  append(file, 2, 4);
  append(file, 2, 4);
  append(file, 1, 2);
  append(file, 24, 2);
  for (int i = 0; i < 6; ++i) append(file, 0, 4);
  // The lower row first, blue before red, rows in steps of four bytes.
  for (const uint8_t byte : {255, 0, 0, 255, 255, 255, 0, 0, 0, 0, 255, 0, 255, 0, 0, 0}) file.push_back(byte);
  return file;
}

Bytes small_tiff() {
  Bytes file = bytes_of("II");
  append(file, 42, 2);
  append(file, 20, 4);
  file.insert(file.end(), four_pixels.begin(), four_pixels.end());
  const uint32_t fields[][2] = {{256, 2}, {257, 2}, {258, 8}, {259, 1}, {262, 2}, {273, 8}, {277, 3}, {278, 2}, {279, 12}};
  append(file, 9, 2);
  for (const auto& [tag, value] : fields) {
    append(file, tag, 2);
    append(file, 4, 2);
    append(file, 1, 4);
    append(file, value, 4);
  }
  append(file, 0, 4);
  return file;
}

/// Chunks without checksums, which the reader does not look at, and one stored block of zlib's.
Bytes small_png() {
  Bytes file{0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n', 0, 0, 0, 13, 'I', 'H', 'D', 'R', 0,
             0,    0,   2,   0,   0,    0,    2,    8,    2, 0, 0, 0,  0,   0,   0,   0};
  const Bytes rows{0, 255, 0, 0, 0, 255, 0, 1, 0, 0, 255, 255, 255, 0};  // the second row holds differences to the left
  Bytes stream{0x78, 0x01, 1, 14, 0, 0xf1, 0xff};
  stream.insert(stream.end(), rows.begin(), rows.end());
  uint32_t low = 1;
  uint32_t high = 0;
  for (const uint8_t byte : rows) high = (high + (low = (low + byte) % 65521)) % 65521;
  for (const uint32_t half : {high, low}) stream.insert(stream.end(), {static_cast<uint8_t>(half >> 8U), static_cast<uint8_t>(half)});
  file.insert(file.end(), {0, 0, 0, static_cast<uint8_t>(stream.size()), 'I', 'D', 'A', 'T'});
  file.insert(file.end(), stream.begin(), stream.end());
  file.insert(file.end(), {0, 0, 0, 0, 0, 0, 0, 0, 'I', 'E', 'N', 'D', 0, 0, 0, 0});
  return file;
}

Bytes small_pnm() {
  Bytes file = bytes_of("P6 # a remark\n2 2\n255\n");
  file.insert(file.end(), four_pixels.begin(), four_pixels.end());
  return file;
}

struct Format {
  const char* name;
  Decode decode;
  Bytes file;
};

const Format formats[] = {{"bmp", decode_bmp, small_bmp()},
                          {"tiff", decode_tiff, small_tiff()},
                          {"png", decode_png, small_png()},
                          {"pnm", decode_pnm, small_pnm()}};

TEST(Images, AreRead) {
  for (const Format& format : formats) {
    const std::optional<Image> image = format.decode(format.file);
    ASSERT_TRUE(image.has_value()) << format.name;
    EXPECT_EQ(image->width, 2) << format.name;
    EXPECT_EQ(image->height, 2) << format.name;
    EXPECT_EQ(image->pixels, four_pixels) << format.name;
  }
}

TEST(Images, AreToldApart) {
  for (const Format& format : formats)
    for (const Format& other : formats) EXPECT_EQ(format.decode(other.file).has_value(), format.name == other.name) << format.name;
  for (const Format& format : formats) EXPECT_FALSE(decode_jpeg(format.file).has_value());
}

/// Nothing but an Error or a picture may come of it.
void expect_no_harm(const Format& format, const Bytes& file) {
  try {
    if (const std::optional<Image> image = format.decode(file)) {
      EXPECT_EQ(image->pixels.size(), static_cast<size_t>(image->width * image->height * image->channels));
    }
  } catch (const Error&) { SUCCEED(); }
}

TEST(Images, DamagedFilesDoNoHarm) {
  for (const Format& format : formats) {
    for (size_t length = 0; length < format.file.size(); ++length) {
      // The copy is exactly as long as the file, so that sanitizers see a byte too many.
      const Bytes cut(format.file.begin(), format.file.begin() + static_cast<std::ptrdiff_t>(length));
      expect_no_harm(format, cut);
    }
    for (size_t at = 0; at < format.file.size(); ++at)
      for (const uint8_t byte : {0x00, 0x01, 0x7f, 0x80, 0xff}) {
        Bytes changed = format.file;
        changed[at] = byte;
        expect_no_harm(format, changed);
      }
  }
}

TEST(Images, GiantsInSmallFilesAreRefused) {
  const Bytes file = bytes_of("P6 100000 100000 255\n");
  EXPECT_THROW(decode_pnm(file), Error);
}

}  // namespace
}  // namespace burnish::ops
