// What deflate compressed, as it was before: the blocks of RFC 1951, alone as in archives, or with zlib's wrapping (RFC 1950) as in pictures, whose
// checksum is compared. Streams are untrusted: no more is written than is asked for, and each fault is an Error.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace burnish {

/// A zlib stream: exactly `size` bytes; Error otherwise.
std::vector<uint8_t> inflated(std::span<const uint8_t> stream, size_t size);
/// The same for a stream without zlib's wrapping.
std::vector<uint8_t> inflated_blocks(std::span<const uint8_t> blocks, size_t size);

}  // namespace burnish
