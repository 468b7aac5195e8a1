// Feeds mutated engine files to the reader. The header's sizes and checksum are put right first, so that mutations reach the body.
#include <cstdint>
#include <cstring>
#include <vector>

#include "base/hash.h"
#include "burnish/status.h"
#include "engine/file.h"
#include "engine/header.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::vector<std::byte> file(size);
  if (size > 0) std::memcpy(file.data(), data, size);
  burnish::engine::RawHeader header;
  if (size >= sizeof header) {
    std::memcpy(&header, file.data(), sizeof header);
    header.magic = burnish::engine::magic;
    header.version = burnish::engine::file_version;
    header.header_bytes = sizeof header;
    header.file_bytes = size;
    if (header.body_bytes <= size - sizeof header)
      header.body_hash = burnish::hash_of(std::span(file).subspan(sizeof header, header.body_bytes)).low;
    std::memcpy(file.data(), &header, sizeof header);
  }
  try {
    burnish::engine::read(file);
  } catch (const burnish::Error&) {}
  return 0;
}
