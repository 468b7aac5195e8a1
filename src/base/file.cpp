#include "base/file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/bytes.h"
#include "base/error.h"

namespace burnish {
namespace {

/// Closes a file descriptor when the scope ends.
class Descriptor {
 public:
  explicit Descriptor(int value) : value_(value) {}
  ~Descriptor() {
    if (value_ >= 0) ::close(value_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return value_; }

 private:
  int value_;
};

std::string system_reason() { return std::strerror(errno); }

void write_all(int descriptor, std::span<const std::byte> bytes, const std::string& name) {
  while (not bytes.empty()) {
    const ssize_t written = ::write(descriptor, bytes.data(), std::min<size_t>(bytes.size(), 1U << 30U));
    if (written < 0 and errno == EINTR) continue;
    if (written <= 0) fail("cannot write {}: {}", name, system_reason());
    bytes = bytes.subspan(static_cast<size_t>(written));
  }
}

}  // namespace

MappedFile::MappedFile(const std::filesystem::path& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) fail("cannot open {}: {}", path.string(), system_reason());
  map(file.get(), path.string());
}

MappedFile::MappedFile(int descriptor, const std::string& name) { map(descriptor, name); }

void MappedFile::map(int descriptor, const std::string& name) {
  struct stat info{};
  if (::fstat(descriptor, &info) != 0) fail("cannot read {}: {}", name, system_reason());
  if (not S_ISREG(info.st_mode)) fail("{} is not a regular file", name);
  size_ = static_cast<size_t>(info.st_size);
  if (size_ == 0) return;
  void* address = ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, descriptor, 0);
  if (address == MAP_FAILED) fail("cannot map {}: {}", name, system_reason());
  data_ = static_cast<const std::byte*>(address);
}

MappedFile::~MappedFile() {
  if (data_ != nullptr) ::munmap(const_cast<std::byte*>(data_), size_);
}

void MappedFile::forget(std::span<const std::byte> part) const {
  const size_t page = static_cast<size_t>(::sysconf(_SC_PAGESIZE));
  const auto begin = reinterpret_cast<uintptr_t>(part.data());
  const uintptr_t first = (begin + page - 1) / page * page;
  const uintptr_t last = (begin + part.size()) / page * page;
  if (first < last) ::madvise(reinterpret_cast<void*>(first), last - first, MADV_DONTNEED);  // NOLINT(performance-no-int-to-ptr)
}

std::string read_text(const std::filesystem::path& path) {
  const MappedFile file(path);
  return {reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size()};
}

void write_file(const std::filesystem::path& path, const std::vector<std::span<const std::byte>>& parts) {
  std::string beside = path.string() + ".XXXXXX";
  const Descriptor file(::mkostemp(beside.data(), O_CLOEXEC));
  if (file.get() < 0) fail("cannot create a file beside {}: {}", path.string(), system_reason());
  try {
    for (const std::span<const std::byte> part : parts) write_all(file.get(), part, beside);
    const mode_t mask = ::umask(0);
    ::umask(mask);
    if (::fchmod(file.get(), 0666 & ~mask) != 0) fail("cannot set the mode of {}: {}", beside, system_reason());
    if (::rename(beside.c_str(), path.c_str()) != 0) fail("cannot rename {} to {}: {}", beside, path.string(), system_reason());
  } catch (...) {
    ::unlink(beside.c_str());
    throw;
  }
}

void write_file(const std::filesystem::path& path, std::span<const std::byte> bytes) { write_file(path, std::vector{bytes}); }

void write_file(const std::filesystem::path& path, std::string_view text) { write_file(path, bytes_of(text)); }

}  // namespace burnish
