#include "ir/literal.h"

#include <array>
#include <charconv>
#include <cstring>

#include "base/error.h"
#include "tensor/number.h"

namespace burnish {
namespace {

template <class T>
std::string shortest(T value) {
  std::array<char, 40> text;
  const auto [end, error] = std::to_chars(text.data(), text.data() + text.size(), value);
  return {text.data(), end};
}

/// The element as an unsigned number of its own width.
uint64_t bits_of(DType dtype, const std::byte* data) {
  uint64_t bits = 0;
  std::memcpy(&bits, data, byte_size(dtype));
  return bits;
}

std::string number_text(DType dtype, const std::byte* data) {
  if (dtype == DType::u64) return shortest(static_cast<uint64_t>(load_integer(dtype, data)));
  if (not is_floating(dtype)) return shortest(load_integer(dtype, data));
  const double value = load_number(dtype, data);
  return dtype == DType::f64 ? shortest(value) : shortest(static_cast<float>(value));
}

uint64_t parse_unsigned(TextCursor& cursor) {
  cursor.peek();
  uint64_t value = 0;
  const std::string_view rest = cursor.rest();
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), value);
  if (error != std::errc{}) cursor.fail_here("expected an unsigned integer of at most 64 bits");
  cursor.expect(rest.substr(0, static_cast<size_t>(end - rest.data())));
  return value;
}

int64_t parse_whole(TextCursor& cursor, DType dtype) {
  const int64_t value = dtype == DType::u64 ? static_cast<int64_t>(parse_unsigned(cursor)) : cursor.integer();
  std::array<std::byte, 16> element{};
  store_integer(dtype, element.data(), value);
  if (load_integer(dtype, element.data()) != value) cursor.fail_here(fmt::format("{} is out of range for {}", value, name_of(dtype)));
  return value;
}

using Element = std::array<std::byte, 16>;

void parse_real(TextCursor& cursor, DType dtype, std::byte* out) {
  if (cursor.accept("bits(")) {
    const uint64_t bits = parse_unsigned(cursor);
    if (byte_size(dtype) < 8 and bits >> (8 * byte_size(dtype)) != 0) cursor.fail_here(fmt::format("too many bits for {}", name_of(dtype)));
    std::memcpy(out, &bits, byte_size(dtype));
    cursor.expect(")");
  } else if (is_floating(dtype)) {
    // Without saturation, infinity stays infinity in the types that have it.
    store_number(dtype, out, cursor.number(), false);
  } else {
    store_integer(dtype, out, parse_whole(cursor, dtype));
  }
}

std::string real_text(DType dtype, const std::byte* data) {
  const std::string text = number_text(dtype, data);
  Element again{};
  TextCursor cursor(text);
  parse_real(cursor, dtype, again.data());
  if (std::memcmp(again.data(), data, byte_size(dtype)) == 0) return text;
  return fmt::format("bits({})", bits_of(dtype, data));
}

DType part_of(DType complex) { return complex == DType::c64 ? DType::f32 : DType::f64; }

std::string element_text(DType dtype, const std::byte* data) {
  if (not is_complex(dtype)) return real_text(dtype, data);
  const DType part = part_of(dtype);
  return fmt::format("({},{})", real_text(part, data), real_text(part, data + byte_size(part)));
}

void parse_element(TextCursor& cursor, DType dtype, std::byte* out) {
  if (not is_complex(dtype)) return parse_real(cursor, dtype, out);
  const DType part = part_of(dtype);
  cursor.expect("(");
  parse_real(cursor, part, out);
  cursor.expect(",");
  parse_real(cursor, part, out + byte_size(part));
  cursor.expect(")");
}

template <class Element>
void parse_list(TextCursor& cursor, int64_t count, Element&& element) {
  cursor.expect("[");
  int64_t found = 0;
  while (cursor.peek() != ']') {
    if (found > 0) cursor.expect(",");
    if (found == count) cursor.fail_here(fmt::format("more than {} elements", count));
    element();
    ++found;
  }
  if (found != count) cursor.fail_here(fmt::format("{} elements where the type has {}", found, count));
  cursor.expect("]");
}

}  // namespace

std::string literal_text(const Tensor& tensor) {
  std::string out = "[";
  for (int64_t i = 0; i < tensor.size(); ++i) {
    if (i > 0) out += ", ";
    if (tensor.dtype() == DType::string) out += quoted(tensor.strings()[static_cast<size_t>(i)]);
    else out += element_text(tensor.dtype(), tensor.data() + static_cast<size_t>(i) * byte_size(tensor.dtype()));
  }
  return out + "]";
}

Tensor parse_literal(TextCursor& cursor, DType dtype, const Dims& dims) {
  const int64_t count = element_count(dims);
  if (dtype == DType::string) {
    std::vector<std::string> strings;
    parse_list(cursor, count, [&] { strings.push_back(cursor.quoted_string()); });
    return Tensor::of_strings(dims, std::move(strings));
  }
  std::vector<std::byte> bytes;
  parse_list(cursor, count, [&] {
    Element element{};
    parse_element(cursor, dtype, element.data());
    bytes.insert(bytes.end(), element.begin(), element.begin() + static_cast<ptrdiff_t>(byte_size(dtype)));
  });
  Tensor out = Tensor::uninitialized(dtype, dims);
  if (not bytes.empty()) std::memcpy(out.mutable_data(), bytes.data(), bytes.size());
  return out;
}

}  // namespace burnish
