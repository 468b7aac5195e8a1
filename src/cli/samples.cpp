#include "cli/samples.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "base/error.h"
#include "base/file.h"
#include "cli/bound_session.h"

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

/// The elements behind an .npy header whose type is the input's and whose order is C's.
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

std::vector<std::filesystem::path> files_in(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    if (entry.is_regular_file() and not entry.path().filename().string().starts_with(".")) files.push_back(entry.path());
  std::ranges::sort(files);
  if (files.empty()) fail("`{}` holds no files", folder.string());
  return files;
}

}  // namespace

std::vector<Tensor> read_batches(const std::filesystem::path& file, const TensorInfo& input) {
  return in_context([&] { return file.string(); },
                    [&] {
                      const auto mapped = std::make_shared<const MappedFile>(file);
                      std::span<const std::byte> bytes = mapped->bytes();
                      const bool npy = bytes.size() > magic.size() and std::memcmp(bytes.data(), magic.data(), magic.size()) == 0;
                      if (npy) bytes = npy_elements(bytes, input);
                      if (input.bytes == 0 or bytes.empty() or bytes.size() % input.bytes != 0)
                        fail("{} bytes are no multiple of the {} that input `{}` ({} {}) takes", bytes.size(), input.bytes, input.name,
                             name_of(input.dtype), text_of(input.dims));
                      std::vector<Tensor> batches;
                      for (size_t at = 0; at < bytes.size(); at += input.bytes)
                        batches.push_back(Tensor::borrowed(input.dtype, input.dims, bytes.data() + at, mapped));
                      return batches;
                    });
}

Samples Samples::of_folder(std::filesystem::path folder, size_t limit) {
  Samples made;
  made.folder_ = std::move(folder);
  made.limit_ = limit;
  return made;
}

Samples Samples::of_files(FileList files, size_t random_batches) {
  Samples made;
  made.files_ = std::move(files);
  made.limit_ = random_batches;
  return made;
}

void Samples::load(std::span<const TensorInfo> inputs) const {
  loaded_ = true;
  batches_.resize(inputs.size());
  const auto append = [](std::vector<Tensor>& to, std::vector<Tensor> more) { to.insert(to.end(), more.begin(), more.end()); };
  for (size_t i = 0; i < inputs.size(); ++i) {
    for (const auto& [name, path] : files_)
      if (name == inputs[i].name) append(batches_[i], read_batches(path, inputs[i]));
    if (folder_.empty()) continue;
    const std::filesystem::path own = folder_ / inputs[i].name;
    const bool separate = std::filesystem::is_directory(own);
    if (not separate and inputs.size() > 1)
      fail("the network has {} inputs: `{}` needs a folder for each, of its name", inputs.size(), folder_.string());
    for (const auto& file : files_in(separate ? own : folder_)) {
      if (limit_ > 0 and batches_[i].size() >= limit_) break;
      append(batches_[i], read_batches(file, inputs[i]));
    }
  }
  if (not folder_.empty())
    for (size_t i = 1; i < inputs.size(); ++i)
      if (batches_[i].size() != batches_[0].size())
        fail("there are {} batches for `{}` and {} for `{}`", batches_[0].size(), inputs[0].name, batches_[i].size(), inputs[i].name);
}

std::vector<Tensor> Samples::batch(std::span<const TensorInfo> inputs, size_t index) const {
  if (not loaded_) load(inputs);
  size_t count = folder_.empty() ? std::max<size_t>(limit_, 1) : batches_.at(0).size();
  if (limit_ > 0) count = std::min(count, limit_);
  for (const auto& known : batches_)
    if (folder_.empty() and not known.empty()) count = known.size();
  if (index >= count) return {};
  std::vector<Tensor> made;
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (not batches_[i].empty()) {
      made.push_back(batches_[i][index % batches_[i].size()]);
      continue;
    }
    Tensor random(inputs[i].dtype, inputs[i].dims);
    fill_random(random.dtype(), {random.mutable_data(), random.bytes()}, 1 + index * inputs.size() + i);
    made.push_back(std::move(random));
  }
  return made;
}

}  // namespace burnish::cli
