// Text as the bytes that it is: serialized models and files are kept in strings, and read as bytes. Nothing is copied.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace burnish {

/// As long as the text lives.
inline std::span<const std::byte> bytes_of(std::string_view text) { return std::as_bytes(std::span(text.data(), text.size())); }

}  // namespace burnish
