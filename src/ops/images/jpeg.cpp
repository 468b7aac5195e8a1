// Baseline JPEG of 8 bits: gray, or Y, Cb and Cr with whole-numbered subsampling. Not: progressive, arithmetic-coded or four-component files.
// The inverse cosine transform and the enlargement of the color planes are done in the whole numbers that the Independent JPEG Group's
// library uses, so that pixels come out as other programs have them.
#include <algorithm>
#include <array>

#include "base/error.h"
#include "ops/images/image.h"
#include "ops/images/jpeg_block.h"

namespace burnish::ops {
namespace {

constexpr std::array<uint8_t, 64> zigzag{0,  1,  8,  16, 9,  2,  3,  10, 17, 24, 32, 25, 18, 11, 4,  5,  12, 19, 26, 33, 40, 48,
                                         41, 34, 27, 20, 13, 6,  7,  14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23,
                                         30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63};

struct HuffmanTable {
  std::array<int, 17> counts{};  // codes of each length
  std::vector<uint8_t> symbols;
};

struct Component {
  uint8_t id = 0;
  int64_t across = 1;  // blocks of it in one unit
  int64_t down = 1;
  size_t quantization = 0;
  size_t dc_table = 0;
  size_t ac_table = 0;
  int previous = 0;  // the last DC coefficient
  int64_t width = 0;
  int64_t height = 0;  // of the picture's part, in samples
  int64_t stride = 0;  // of the plane, whole units
  std::vector<uint8_t> plane;
};

/// The coded bits: the highest of each byte first, a zero byte after each 0xff skipped.
class JpegBits {
 public:
  JpegBits(std::span<const uint8_t> bytes, size_t at) : bytes_(bytes), at_(at) {}

  int bit() {
    if (left_ == 0) {
      current_ = next_byte();
      left_ = 8;
    }
    return (current_ >> --left_) & 1;
  }
  int bits(int count) {
    int value = 0;
    for (int i = 0; i < count; ++i) value = value * 2 + bit();
    return value;
  }
  /// A number of `count` bits whose lower half stands for negative ones.
  int extended(int count) {
    const int value = bits(count);
    return count > 0 and value < (1 << (count - 1)) ? value - (1 << count) + 1 : value;
  }
  /// Skips to behind a restart marker.
  void restart() {
    left_ = 0;
    while (at_ + 1 < bytes_.size() and not(bytes_[at_] == 0xff and bytes_[at_ + 1] >= 0xd0 and bytes_[at_ + 1] <= 0xd7)) ++at_;
    at_ += 2;
  }

 private:
  int next_byte() {
    if (at_ >= bytes_.size()) fail("the JPEG ends within its pixels");
    const uint8_t byte = bytes_[at_];
    if (byte != 0xff) {
      ++at_;
      return byte;
    }
    if (at_ + 1 < bytes_.size() and bytes_[at_ + 1] == 0) {
      at_ += 2;
      return byte;
    }
    return 0;  // a marker: what is missing counts as zero
  }

  std::span<const uint8_t> bytes_;
  size_t at_;
  int current_ = 0;
  int left_ = 0;
};

class JpegDecoder {
 public:
  explicit JpegDecoder(std::span<const uint8_t> bytes) : bytes_(bytes), file_(bytes, true) {}

  Image run() {
    for (size_t at = 2;;) {
      if (file_.u8(at) != 0xff) fail("the JPEG has no marker where one is expected");
      const uint8_t marker = file_.u8(at + 1);
      if (marker == 0xff) {
        ++at;
        continue;
      }
      if (marker == 0xd9) fail("the JPEG holds no pixels");
      const uint32_t length = file_.u16(at + 2);
      if (length < 2) fail("a segment of the JPEG has {} bytes", length);
      const std::span<const uint8_t> segment = file_.part(at + 4, length - 2);
      at += size_t{2} + length;
      switch (marker) {
        case 0xdb: quantization(segment); break;
        case 0xc4: huffman(segment); break;
        case 0xc0:
        case 0xc1: frame(segment); break;
        case 0xdd: interval_ = static_cast<int64_t>(ImageBytes(segment, true).u16(0)); break;
        case 0xda: return scan(segment, at);
        default:
          if (marker >= 0xc2 and marker <= 0xcf and marker != 0xc8 and marker != 0xcc)
            fail_unsupported("a JPEG that is not baseline (frame type {})", marker - 0xc0);
      }
    }
  }

 private:
  void quantization(std::span<const uint8_t> segment) {
    const ImageBytes table(segment, true);
    for (size_t at = 0; at < segment.size();) {
      const uint8_t head = table.u8(at++);
      const bool wide = head / 16 != 0;
      if (head % 16 > 3) fail("the JPEG has a quantization table {}", head % 16);
      for (size_t i = 0; i < 64; ++i, at += wide ? 2 : 1)
        quantization_[head % 16][zigzag[i]] = static_cast<int>(wide ? table.u16(at) : table.u8(at));
    }
  }

  void huffman(std::span<const uint8_t> segment) {
    const ImageBytes table(segment, true);
    for (size_t at = 0; at < segment.size();) {
      const uint8_t head = table.u8(at++);
      if (head / 16 > 1 or head % 16 > 3) fail("the JPEG has a Huffman table {}", head);
      HuffmanTable& made = tables_[head / 16 * 4 + head % 16];
      made.counts = {};
      size_t total = 0;
      for (size_t length = 1; length <= 16; ++length) total += static_cast<size_t>(made.counts[length] = table.u8(at++));
      const std::span<const uint8_t> symbols = table.part(at, total);
      made.symbols.assign(symbols.begin(), symbols.end());
      at += total;
    }
  }

  void frame(std::span<const uint8_t> segment) {
    const ImageBytes header(segment, true);
    if (not components_.empty()) fail("the JPEG has two frames");
    if (header.u8(0) != 8) fail_unsupported("a JPEG of {} bits", header.u8(0));
    const uint8_t count = header.u8(5);
    if (count != 1 and count != 3) fail_unsupported("a JPEG with {} components", count);
    image_ = blank_image(header.u16(3), header.u16(1), count, bytes_.size());
    for (size_t i = 0; i < count; ++i) {
      Component one;
      one.id = header.u8(6 + 3 * i);
      one.across = header.u8(7 + 3 * i) / 16;
      one.down = header.u8(7 + 3 * i) % 16;
      one.quantization = header.u8(8 + 3 * i);
      if (one.across < 1 or one.across > 4 or one.down < 1 or one.down > 4 or one.quantization > 3)
        fail("a component of the JPEG is damaged");
      if (count == 1) one.across = one.down = 1;
      most_across_ = std::max(most_across_, one.across);
      most_down_ = std::max(most_down_, one.down);
      components_.push_back(std::move(one));
    }
    units_across_ = (image_.width + 8 * most_across_ - 1) / (8 * most_across_);
    units_down_ = (image_.height + 8 * most_down_ - 1) / (8 * most_down_);
    for (Component& one : components_) {
      if (most_across_ % one.across != 0 or most_down_ % one.down != 0) fail_unsupported("a JPEG with fractional subsampling");
      one.width = (image_.width * one.across + most_across_ - 1) / most_across_;
      one.height = (image_.height * one.down + most_down_ - 1) / most_down_;
      one.stride = units_across_ * one.across * 8;
      one.plane.resize(static_cast<size_t>(one.stride * units_down_ * one.down * 8));
    }
  }

  int symbol(JpegBits& bits, size_t table) const {
    const HuffmanTable& code = tables_[table];
    int value = 0;
    int first = 0;
    size_t index = 0;
    for (size_t length = 1; length <= 16; ++length) {
      value += bits.bit();
      const int count = code.counts[length];
      if (value - first < count) return code.symbols[index + static_cast<size_t>(value - first)];
      index += static_cast<size_t>(count);
      first = (first + count) * 2;
      value *= 2;
    }
    fail("the JPEG holds a code that its table does not have");
  }

  void block(JpegBits& bits, Component& component, uint8_t* to) const {
    std::array<int, 64> coefficients{};
    const std::array<int, 64>& scale = quantization_[component.quantization];
    const int size = symbol(bits, component.dc_table);
    if (size > 11) fail("a coefficient of the JPEG has {} bits", size);
    component.previous = std::clamp(component.previous + bits.extended(size), -32768, 32767);
    coefficients[0] = component.previous * scale[0];
    for (size_t i = 1; i < 64; ++i) {
      const int run_and_size = symbol(bits, 4 + component.ac_table);
      const int width = run_and_size % 16;
      i += static_cast<size_t>(run_and_size / 16);
      if (width == 0 and run_and_size != 0xf0) return write_jpeg_block(coefficients, to, component.stride);
      if (i >= 64) fail("a block of the JPEG has too many coefficients");
      if (width != 0) coefficients[zigzag[i]] = bits.extended(width) * scale[zigzag[i]];
    }
    write_jpeg_block(coefficients, to, component.stride);
  }

  Image scan(std::span<const uint8_t> segment, size_t at) {
    const ImageBytes header(segment, true);
    if (components_.empty()) fail("the JPEG has pixels before its frame");
    if (header.u8(0) != components_.size()) fail_unsupported("a JPEG whose components are stored apart");
    for (size_t i = 0; i < components_.size(); ++i) {
      if (header.u8(1 + 2 * i) != components_[i].id) fail("the JPEG names a component that it does not have");
      components_[i].dc_table = header.u8(2 + 2 * i) / 16;
      components_[i].ac_table = header.u8(2 + 2 * i) % 16;
      if (components_[i].dc_table > 3 or components_[i].ac_table > 3) fail("the JPEG names a Huffman table that cannot exist");
    }
    JpegBits bits(bytes_, at);
    for (int64_t unit = 0; unit < units_across_ * units_down_; ++unit) {
      if (interval_ > 0 and unit > 0 and unit % interval_ == 0) {
        bits.restart();
        for (Component& one : components_) one.previous = 0;
      }
      for (Component& one : components_)
        for (int64_t y = 0; y < one.down; ++y)
          for (int64_t x = 0; x < one.across; ++x)
            block(bits, one,
                  one.plane.data() + (unit / units_across_ * one.down + y) * 8 * one.stride + (unit % units_across_ * one.across + x) * 8);
    }
    return picture();
  }

  Image picture() {
    std::vector<std::vector<uint8_t>> planes;
    for (const Component& one : components_)
      planes.push_back(enlarged({one.plane.data(), one.width, one.height, one.stride}, most_across_ / one.across, most_down_ / one.down,
                                image_.width, image_.height));
    uint8_t* to = image_.pixels.data();
    for (size_t i = 0; i < planes[0].size(); ++i, to += image_.channels) {
      if (planes.size() == 1) *to = planes[0][i];
      else write_rgb(planes[0][i], planes[1][i], planes[2][i], to);
    }
    return std::move(image_);
  }

  std::span<const uint8_t> bytes_;
  ImageBytes file_;
  Image image_;
  std::array<std::array<int, 64>, 4> quantization_{};
  std::array<HuffmanTable, 8> tables_;  // four for DC, four for AC
  std::vector<Component> components_;
  int64_t most_across_ = 1;
  int64_t most_down_ = 1;
  int64_t units_across_ = 0;
  int64_t units_down_ = 0;
  int64_t interval_ = 0;
};

}  // namespace

std::optional<Image> decode_jpeg(std::span<const uint8_t> bytes) {
  if (bytes.size() < 3 or bytes[0] != 0xff or bytes[1] != 0xd8 or bytes[2] != 0xff) return {};
  return JpegDecoder(bytes).run();
}

}  // namespace burnish::ops
