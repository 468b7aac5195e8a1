// The engine file: a fixed header, a FlatBuffers body, and page-aligned data that is used in place through a memory map.
// Written by builds, read by the runtime and the tools. Everything is checked before it is used: sizes, checksums, every offset and index;
// nothing in the file is executed. Errors name what the file has and what was expected.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

#include "engine/engine_data.h"

namespace burnish::engine {

inline constexpr uint32_t file_version = 1;
inline constexpr size_t page_bytes = 4096;

/// What can be told from the first bytes alone (`--getPlanVersionOnly`, `burnish inspect`).
struct FileHeader {
  uint32_t version = 0;
  std::string producer;
  uint64_t body_bytes = 0;
  uint64_t data_offset = 0;
  uint64_t file_bytes = 0;
};

std::vector<std::byte> write(const EngineData& engine);
/// Writes beside and renames.
void write(const EngineData& engine, const std::filesystem::path& path);

FileHeader read_header(std::span<const std::byte> bytes);
/// Tensors borrow from the map, which the result keeps alive. Throws Error.
EngineData read(const std::filesystem::path& path);
/// `bytes` must outlive the result, or be kept alive by `owner`.
EngineData read(std::span<const std::byte> bytes, std::shared_ptr<const void> owner = {});

}  // namespace burnish::engine
