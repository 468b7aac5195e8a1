// The fixed header at the start of an engine file: little-endian numbers at fixed offsets, written and read byte by byte.
// Only the writer and the reader use it.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>

namespace burnish::engine {

inline constexpr std::array<char, 8> magic{'B', 'U', 'R', 'N', 'I', 'S', 'H', '\n'};

/// 96 bytes. All integers little-endian; this code runs on little-endian machines only.
struct RawHeader {
  std::array<char, 8> magic{};
  uint32_t version = 0;
  uint32_t header_bytes = 0;
  uint64_t body_bytes = 0;   // directly after the header
  uint64_t body_hash = 0;    // XXH3-128's low half
  uint64_t data_offset = 0;  // a multiple of the page size
  uint64_t file_bytes = 0;
  std::array<char, 48> producer{};
};
static_assert(sizeof(RawHeader) == 96);

}  // namespace burnish::engine
