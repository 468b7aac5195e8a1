// Bit by bit, as the format's description reads.
#include "base/inflate.h"

#include <algorithm>
#include <array>

#include "base/error.h"

namespace burnish {
namespace {

constexpr int longest_code = 15;

/// Bits from the lowest of each byte on.
class Bits {
 public:
  explicit Bits(std::span<const uint8_t> bytes) : bytes_(bytes) {}

  uint32_t take(int count) {
    uint32_t value = 0;
    for (int i = 0; i < count; ++i, ++at_) {
      if (at_ / 8 >= bytes_.size()) fail("the compressed data ends too early");
      value |= static_cast<uint32_t>((bytes_[at_ / 8] >> (at_ % 8)) & 1U) << i;
    }
    return value;
  }
  void to_next_byte() { at_ = (at_ + 7) / 8 * 8; }

 private:
  std::span<const uint8_t> bytes_;
  size_t at_ = 0;
};

/// A canonical Huffman code: how many codes there are of each length, and the symbols in the order of their codes.
struct Code {
  std::array<int, longest_code + 1> counts{};
  std::vector<int> symbols;

  explicit Code(std::span<const uint8_t> lengths) {
    for (const uint8_t length : lengths) ++counts[length];
    counts[0] = 0;
    int left = 1;
    for (int length = 1; length <= longest_code; ++length) {
      left = 2 * left - counts[static_cast<size_t>(length)];
      if (left < 0) fail("a Huffman code of the compressed data has too many codes");
    }
    for (int length = 1; length <= longest_code; ++length)
      for (size_t symbol = 0; symbol < lengths.size(); ++symbol)
        if (lengths[symbol] == length) symbols.push_back(static_cast<int>(symbol));
  }

  int take(Bits& bits) const {
    int code = 0;
    int first = 0;
    int index = 0;
    for (int length = 1; length <= longest_code; ++length) {
      code |= static_cast<int>(bits.take(1));
      const int count = counts[static_cast<size_t>(length)];
      if (code - first < count) return symbols[static_cast<size_t>(index + code - first)];
      index += count;
      first = (first + count) * 2;
      code *= 2;
    }
    fail("the compressed data holds a code that its table does not have");
  }
};

class Inflater {
 public:
  Inflater(std::span<const uint8_t> bytes, size_t size) : bits_(bytes), size_(size) { out_.reserve(size); }

  std::vector<uint8_t> wrapped() {
    const uint32_t method = bits_.take(8);
    const uint32_t flags = bits_.take(8);
    if (method % 16 != 8 or method / 16 > 7 or (method * 256 + flags) % 31 != 0 or (flags & 32U) != 0) fail("this is no zlib stream");
    all_blocks();
    compare_checksum();
    return std::move(out_);
  }

  std::vector<uint8_t> bare() {
    all_blocks();
    return std::move(out_);
  }

 private:
  void all_blocks() {
    bool last = false;
    while (not last) {
      last = bits_.take(1) == 1;
      const uint32_t kind = bits_.take(2);
      if (kind == 0) stored();
      else if (kind == 1) fixed();
      else if (kind == 2) dynamic();
      else fail("the compressed data has a block of an unknown kind");
    }
    if (out_.size() != size_) fail("the compressed data holds {} bytes, but {} are needed", out_.size(), size_);
  }

  void put(uint8_t byte) {
    if (out_.size() == size_) fail("the compressed data holds more than the {} bytes that are needed", size_);
    out_.push_back(byte);
  }

  void stored() {
    bits_.to_next_byte();
    const uint32_t length = bits_.take(16);
    if ((bits_.take(16) ^ length) != 0xffffU) fail("a block of the compressed data contradicts itself");
    for (uint32_t i = 0; i < length; ++i) put(static_cast<uint8_t>(bits_.take(8)));
  }

  void fixed() {
    std::array<uint8_t, 288> lengths{};
    std::fill_n(lengths.begin(), 144, uint8_t{8});
    std::fill_n(lengths.begin() + 144, 112, uint8_t{9});
    std::fill_n(lengths.begin() + 256, 24, uint8_t{7});
    std::fill_n(lengths.begin() + 280, 8, uint8_t{8});
    std::array<uint8_t, 30> distances{};
    distances.fill(5);
    codes(Code(lengths), Code(distances));
  }

  void dynamic() {
    static constexpr std::array<uint8_t, 19> order{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15};
    const size_t literals = bits_.take(5) + 257;
    const size_t distances = bits_.take(5) + 1;
    const size_t count = bits_.take(4) + 4;
    std::array<uint8_t, 19> of_lengths{};
    for (size_t i = 0; i < count; ++i) of_lengths[order[i]] = static_cast<uint8_t>(bits_.take(3));
    const Code code(of_lengths);
    std::vector<uint8_t> lengths;
    while (lengths.size() < literals + distances) {
      const int symbol = code.take(bits_);
      if (symbol < 16) {
        lengths.push_back(static_cast<uint8_t>(symbol));
        continue;
      }
      if (symbol == 16 and lengths.empty()) fail("a table of the compressed data repeats nothing");
      const uint8_t repeated = symbol == 16 ? lengths.back() : uint8_t{0};
      const uint32_t times = symbol == 16 ? 3 + bits_.take(2) : symbol == 17 ? 3 + bits_.take(3) : 11 + bits_.take(7);
      lengths.insert(lengths.end(), times, repeated);
    }
    if (lengths.size() != literals + distances) fail("a table of the compressed data is too long");
    const std::span<const uint8_t> all(lengths);
    codes(Code(all.first(literals)), Code(all.subspan(literals)));
  }

  void codes(const Code& literals, const Code& distances) {
    static constexpr std::array<int, 29> length_base{3,  4,  5,  6,  7,  8,  9,  10, 11,  13,  15,  17,  19,  23, 27,
                                                     31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258};
    static constexpr std::array<int, 29> length_bits{0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0};
    static constexpr std::array<int, 30> distance_base{1,    2,    3,    4,    5,    7,    9,    13,    17,    25,
                                                       33,   49,   65,   97,   129,  193,  257,  385,   513,   769,
                                                       1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577};
    while (true) {
      const int symbol = literals.take(bits_);
      if (symbol == 256) return;
      if (symbol < 256) {
        put(static_cast<uint8_t>(symbol));
        continue;
      }
      const auto kind = static_cast<size_t>(symbol - 257);
      if (kind >= length_base.size()) fail("the compressed data repeats a stretch of an unknown length");
      const size_t length = static_cast<size_t>(length_base[kind]) + bits_.take(length_bits[kind]);
      const auto far = static_cast<size_t>(distances.take(bits_));
      if (far >= distance_base.size()) fail("the compressed data repeats from an unknown distance");
      const size_t distance = static_cast<size_t>(distance_base[far]) + bits_.take(far < 2 ? 0 : static_cast<int>(far / 2) - 1);
      if (distance > out_.size()) fail("the compressed data repeats what lies before its beginning");
      for (size_t i = 0; i < length; ++i) put(out_[out_.size() - distance]);
    }
  }

  void compare_checksum() {
    bits_.to_next_byte();
    uint32_t low = 1;
    uint32_t high = 0;
    for (const uint8_t byte : out_) {
      low = (low + byte) % 65521;
      high = (high + low) % 65521;
    }
    uint32_t expected = 0;
    for (int i = 0; i < 4; ++i) expected = (expected << 8U) | bits_.take(8);
    if (expected != ((high << 16U) | low)) fail("the checksum of the compressed data is wrong");
  }

  Bits bits_;
  size_t size_;
  std::vector<uint8_t> out_;
};

}  // namespace

std::vector<uint8_t> inflated(std::span<const uint8_t> stream, size_t size) { return Inflater(stream, size).wrapped(); }

std::vector<uint8_t> inflated_blocks(std::span<const uint8_t> blocks, size_t size) {
  constexpr size_t most_for_a_byte = 1032;  // what the format reaches at best
  if (size / most_for_a_byte > blocks.size()) fail("{} bytes of compressed data cannot hold {}", blocks.size(), size);
  return Inflater(blocks, size).bare();
}

}  // namespace burnish
