// Opens external data without trusting its location: the file is first opened as a mere place (O_PATH, which has no effect on devices
// and pipes), the place is judged by what the kernel says about that descriptor, and only then is the same descriptor opened to read.
#include "onnx/external_data.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <optional>

#include "base/error.h"

namespace burnish::onnx {
namespace {

namespace fs = std::filesystem;

class Descriptor {
 public:
  explicit Descriptor(int value) : value_(value) {}
  ~Descriptor() {
    if (value_ >= 0) ::close(value_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return value_; }
  bool valid() const { return value_ >= 0; }
  fs::path link() const { return fmt::format("/proc/self/fd/{}", value_); }

 private:
  int value_;
};

/// Where an open descriptor really lies, after all links.
fs::path real_path(const Descriptor& descriptor, const std::string& name) {
  std::error_code error;
  fs::path real = fs::read_symlink(descriptor.link(), error);
  if (error) fail("cannot tell where {} really lies: {}", name, error.message());
  return real;
}

bool is_beneath(const fs::path& path, const fs::path& folder) {
  const auto [end, rest] = std::mismatch(folder.begin(), folder.end(), path.begin(), path.end());
  return end == folder.end() and rest != path.end();
}

void check_text(const std::string& location) {
  if (location.empty()) fail("external data has no location");
  if (location.find('\0') != std::string::npos) fail("the location of external data holds a NUL character");
  const fs::path path(location);
  if (path.is_absolute()) fail("external data `{}` has an absolute path; it must lie in the model's folder", location);
  for (const fs::path& part : path)
    if (part == "..") fail("external data `{}` leaves the model's folder through `..`", location);
}

size_t parse_size(const std::string& text, const char* key, const std::string& location) {
  size_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} or end != text.data() + text.size())
    fail("external data `{}` has the {} `{}`, which is no size", location, key, text);
  return value;
}

struct Reference {
  std::string location;
  size_t offset = 0;
  std::optional<size_t> length;
};

Reference read_reference(const proto::TensorProto& tensor) {
  std::map<std::string, std::string> entries;
  for (const proto::StringStringEntryProto& entry : tensor.external_data())
    if (not entries.emplace(entry.key(), entry.value()).second) fail("external data gives `{}` twice", entry.key());
  Reference reference;
  reference.location = entries["location"];
  check_text(reference.location);
  if (entries.contains("offset")) reference.offset = parse_size(entries["offset"], "offset", reference.location);
  if (entries.contains("length")) reference.length = parse_size(entries["length"], "length", reference.location);
  return reference;
}

/// Two tensors may share bytes only by sharing all of them.
void check_overlap(std::map<size_t, size_t>& ranges, size_t begin, size_t end, const std::string& location) {
  if (begin == end) return;
  const auto after = ranges.lower_bound(begin);
  if (after != ranges.end() and after->first == begin and after->second == end) return;
  const bool hits_next = after != ranges.end() and after->first < end;
  const bool hits_previous = after != ranges.begin() and std::prev(after)->second > begin;
  if (hits_next or hits_previous) fail("external data `{}`: bytes {} to {} overlap those of another tensor", location, begin, end);
  ranges.emplace(begin, end);
}

}  // namespace

ExternalData::ExternalData(fs::path folder, const fs::path& model, bool allow_hard_links)
    : folder_(std::move(folder)), allow_hard_links_(allow_hard_links) {
  if (folder_.empty()) folder_ = ".";
  std::error_code error;
  if (not model.empty() and fs::is_symlink(model, error)) store_ = fs::canonical(model, error).parent_path();
}

void ExternalData::check_place(const fs::path& real, const fs::path& real_folder, const std::string& location) const {
  if (is_beneath(real, real_folder)) return;
  if (not store_.empty() and real.parent_path() == store_) return;
  fail("external data `{}` leads out of the model's folder, to {}", location, real.string());
}

std::shared_ptr<const MappedFile> ExternalData::open_inside(const fs::path& folder, const std::string& location) const {
  const Descriptor base(::open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (not base.valid()) fail("cannot open the model's folder {}: {}", folder.string(), std::strerror(errno));
  const Descriptor place(::openat(base.get(), location.c_str(), O_PATH | O_CLOEXEC));
  if (not place.valid() and errno == ENOENT) return nullptr;
  if (not place.valid()) fail("cannot open external data `{}`: {}", location, std::strerror(errno));
  check_place(real_path(place, location), real_path(base, folder.string()), location);

  struct stat info{};
  if (::fstat(place.get(), &info) != 0) fail("cannot read external data `{}`: {}", location, std::strerror(errno));
  if (not S_ISREG(info.st_mode)) fail("external data `{}` is not a regular file", location);
  if (info.st_nlink > 1 and not allow_hard_links_)
    fail("external data `{}` is a hard link, which may lead out of the model's folder; copy it, or allow hard links", location);
  const Descriptor file(::open(place.link().c_str(), O_RDONLY | O_CLOEXEC));
  if (not file.valid()) fail("cannot open external data `{}`: {}", location, std::strerror(errno));
  return std::make_shared<MappedFile>(file.get(), location);
}

ExternalData::File& ExternalData::open(const std::string& location) {
  if (const auto found = files_.find(location); found != files_.end()) return found->second;
  std::shared_ptr<const MappedFile> mapped = open_inside(folder_, location);
  if (mapped == nullptr and not store_.empty()) mapped = open_inside(store_, location);
  if (mapped == nullptr) fail("external data `{}` is not in the model's folder {}", location, folder_.string());
  return files_.emplace(location, File{std::move(mapped), {}}).first->second;
}

ExternalData::Bytes ExternalData::find(const proto::TensorProto& tensor, size_t needed) {
  const Reference reference = read_reference(tensor);
  if (reference.length.value_or(needed) != needed)
    fail("external data `{}` gives {} bytes, but the tensor needs {}", reference.location, *reference.length, needed);
  File& file = open(reference.location);
  const std::span<const std::byte> all = file.mapped->bytes();
  if (reference.offset > all.size() or needed > all.size() - reference.offset)
    fail("external data `{}` has {} bytes, but the tensor needs {} from offset {}", reference.location, all.size(), needed,
         reference.offset);
  check_overlap(file.ranges, reference.offset, reference.offset + needed, reference.location);
  return {all.subspan(reference.offset, needed), file.mapped};
}

}  // namespace burnish::onnx
