#include "cli/npz.h"

#include <bit>
#include <cstring>

#include "base/error.h"
#include "base/inflate.h"

namespace burnish::cli {
namespace {

static_assert(std::endian::native == std::endian::little);

constexpr std::string_view magic = "\x93NUMPY";

std::string_view descr_of(DType dtype) {
  switch (dtype) {
    case DType::f32: return "<f4";
    case DType::f64: return "<f8";
    case DType::f16: return "<f2";
    case DType::i64: return "<i8";
    case DType::i32: return "<i4";
    case DType::u8: return "|u1";
    case DType::i8: return "|i1";
    case DType::boolean: return "|b1";
    default: return "";
  }
}

constexpr std::string_view zip_magic = "PK\x03\x04";

bool begins_with(std::span<const std::byte> bytes, std::string_view text) {
  return bytes.size() > text.size() and std::memcmp(bytes.data(), text.data(), text.size()) == 0;
}

/// A number of the archive; Error beyond its end.
template <class T>
T number_at(std::span<const std::byte> bytes, size_t at) {
  if (at > bytes.size() or bytes.size() - at < sizeof(T)) fail("the archive is cut off");
  T value = 0;
  std::memcpy(&value, bytes.data() + at, sizeof(T));
  return value;
}

/// Where the list of an archive's files begins, and how many it has.
struct Directory {
  size_t begin = 0;
  size_t files = 0;
};

Directory directory_of(std::span<const std::byte> bytes) {
  constexpr size_t end_record = 22, longest_comment = 65535;
  constexpr uint32_t end_magic = 0x06054b50;
  for (size_t back = end_record; back <= bytes.size() and back <= end_record + longest_comment; ++back) {
    const size_t at = bytes.size() - back;
    if (number_at<uint32_t>(bytes, at) == end_magic) return {number_at<uint32_t>(bytes, at + 16), number_at<uint16_t>(bytes, at + 10)};
  }
  fail("the archive has no end: it is cut off");
}

/// The file whose record in the list is at `entry`, but for its name.
NpzArray array_at(std::span<const std::byte> bytes, size_t entry) {
  constexpr uint32_t in_extra = 0xffffffff;
  constexpr uint16_t stored = 0, deflated = 8;
  const auto method = number_at<uint16_t>(bytes, entry + 10);
  if (method != stored and method != deflated)
    fail_unsupported("the archive is compressed by method {}; write it with numpy.savez", method);
  const uint32_t inflated_size = number_at<uint32_t>(bytes, entry + 24);
  const uint32_t size = number_at<uint32_t>(bytes, entry + 20);
  const uint32_t header = number_at<uint32_t>(bytes, entry + 42);
  if (size == in_extra or header == in_extra or inflated_size == in_extra)
    fail_unsupported("the archive holds arrays of more than 4 GB; write them as .npy");
  const size_t begin =
      size_t{header} + 30 + number_at<uint16_t>(bytes, size_t{header} + 26) + number_at<uint16_t>(bytes, size_t{header} + 28);
  if (begin > bytes.size() or bytes.size() - begin < size) fail("the archive is cut off");
  return {.name = {}, .bytes = bytes.subspan(begin, size), .is_compressed = method == deflated, .size = inflated_size};
}

}  // namespace

bool is_npy(std::span<const std::byte> bytes) { return begins_with(bytes, magic); }
bool is_npz(std::span<const std::byte> bytes) { return begins_with(bytes, zip_magic); }

std::span<const std::byte> npy_elements(std::span<const std::byte> bytes, const TensorInfo& input) {
  constexpr size_t fixed = 12;
  if (bytes.size() < fixed) fail("the file is cut off");
  const bool long_header = static_cast<uint8_t>(bytes[6]) >= 2;
  uint32_t length = 0;
  std::memcpy(&length, bytes.data() + 8, long_header ? 4 : 2);
  const size_t begin = long_header ? 12 : 10;
  if (length > bytes.size() - begin) fail("the file's header is cut off");
  const std::string_view header(reinterpret_cast<const char*>(bytes.data()) + begin, length);
  const std::string wanted = fmt::format("'descr': '{}'", descr_of(input.dtype));
  if (descr_of(input.dtype).empty() or header.find(wanted) == std::string_view::npos)
    fail("the file holds another type than input `{}`, which is {}: {}", input.name, name_of(input.dtype), header.substr(0, 200));
  if (header.find("'fortran_order': False") == std::string_view::npos)
    fail("the file's elements lie in Fortran's order; store them in C's");
  return bytes.subspan(begin + length);
}

std::vector<NpzArray> npz_arrays(std::span<const std::byte> bytes) {
  constexpr std::string_view suffix = ".npy";
  const Directory directory = directory_of(bytes);
  std::vector<NpzArray> arrays;
  size_t entry = directory.begin;
  for (size_t i = 0; i < directory.files; ++i) {
    const size_t length = number_at<uint16_t>(bytes, entry + 28);
    if (entry + 46 > bytes.size() or bytes.size() - entry - 46 < length) fail("the archive is cut off");
    std::string name(reinterpret_cast<const char*>(bytes.data()) + entry + 46, length);
    if (name.ends_with(suffix)) name.resize(name.size() - suffix.size());
    arrays.push_back(array_at(bytes, entry));
    arrays.back().name = std::move(name);
    entry += 46 + length + number_at<uint16_t>(bytes, entry + 30) + number_at<uint16_t>(bytes, entry + 32);
  }
  return arrays;
}

std::vector<uint8_t> npz_inflated(const NpzArray& array) {
  return in_context([&] { return fmt::format("array {}", array.name); },
                    [&] {
                      const std::span blocks(reinterpret_cast<const uint8_t*>(array.bytes.data()), array.bytes.size());
                      return inflated_blocks(blocks, array.size);
                    });
}

}  // namespace burnish::cli
