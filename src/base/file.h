// Files: read-only memory maps, whole-file reads, and writes that appear at once or not at all.
// Called by the model reader, the engine reader and every exporter. It never writes into the target in place:
// a new file is written beside it and renamed over it, so that nothing a user made is lost half-way.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace burnish {

/// A read-only private map of a whole regular file. Throws Error that names the path and the system's reason.
class MappedFile {
 public:
  explicit MappedFile(const std::filesystem::path& path);
  /// Maps an already opened descriptor (not closed by this class); `name` is for messages.
  MappedFile(int descriptor, const std::string& name);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  std::span<const std::byte> bytes() const { return {data_, size_}; }
  /// Tells the system that the pages of `part` are not needed any more; they come back from the file when read again.
  void forget(std::span<const std::byte> part) const;

 private:
  void map(int descriptor, const std::string& name);

  const std::byte* data_ = nullptr;
  size_t size_ = 0;
};

std::string read_text(const std::filesystem::path& path);

/// Writes `bytes` beside `path` and renames over it. Throws Error; then `path` is as it was.
void write_file(const std::filesystem::path& path, std::span<const std::byte> bytes);
void write_file(const std::filesystem::path& path, std::string_view text);
/// The parts one after another: for what is too large to be joined in memory.
void write_file(const std::filesystem::path& path, const std::vector<std::span<const std::byte>>& parts);

}  // namespace burnish
