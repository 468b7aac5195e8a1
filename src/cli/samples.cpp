#include "cli/samples.h"

#include <algorithm>
#include <cstdint>

#include "base/error.h"
#include "base/file.h"
#include "cli/bound_session.h"
#include "cli/npz.h"

namespace burnish::cli {
namespace {

std::vector<std::filesystem::path> files_in(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    if (entry.is_regular_file() and not entry.path().filename().string().starts_with(".")) files.push_back(entry.path());
  std::ranges::sort(files);
  if (files.empty()) fail("`{}` holds no files", folder.string());
  return files;
}

/// The array of the input's name; the only one, where there is no other.
NpzArray array_for(const TensorInfo& input, std::span<const std::byte> archive) {
  const auto arrays = npz_arrays(archive);
  std::vector<std::string_view> names;
  for (const NpzArray& array : arrays) {
    if (array.name == input.name or arrays.size() == 1) return array;
    names.emplace_back(array.name);
  }
  fail("the archive has no array for input `{}`; it has {}", input.name, fmt::join(names, ", "));
}

/// Bytes, and what they live in.
struct OwnedBytes {
  std::shared_ptr<const void> owner;
  std::span<const std::byte> bytes;
};

/// The elements as the input has them, of whatever kind of file.
OwnedBytes elements_of(const std::shared_ptr<const MappedFile>& file, const TensorInfo& input) {
  OwnedBytes found{file, file->bytes()};
  if (is_npz(found.bytes)) {
    const NpzArray array = array_for(input, found.bytes);
    found.bytes = array.bytes;
    if (array.is_compressed) {
      const auto inflated = std::make_shared<const std::vector<uint8_t>>(npz_inflated(array));
      found = {inflated, std::as_bytes(std::span(*inflated))};
    }
  }
  if (is_npy(found.bytes)) found.bytes = npy_elements(found.bytes, input);
  return found;
}

bool is_archive(const std::filesystem::path& path) { return path.extension() == ".npz"; }

}  // namespace

std::vector<Tensor> read_batches(const std::filesystem::path& file, const TensorInfo& input, const ImagePreparation& images) {
  return in_context([&] { return file.string(); },
                    [&] {
                      const auto mapped = std::make_shared<const MappedFile>(file);
                      if (is_image(file)) return std::vector{image_input(mapped->bytes(), input, images)};
                      const auto [owner, bytes] = elements_of(mapped, input);
                      if (input.bytes == 0 or bytes.empty() or bytes.size() % input.bytes != 0)
                        fail("{} bytes are no multiple of the {} that input `{}` ({} {}) takes", bytes.size(), input.bytes, input.name,
                             name_of(input.dtype), text_of(input.dims));
                      std::vector<Tensor> batches;
                      for (size_t at = 0; at < bytes.size(); at += input.bytes)
                        batches.push_back(Tensor::borrowed(input.dtype, input.dims, bytes.data() + at, owner));
                      return batches;
                    });
}

Samples Samples::of_folder(std::filesystem::path folder, size_t limit, ImagePreparation images) {
  Samples made;
  made.images_ = std::move(images);
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

void Samples::load_folder(size_t index, std::span<const TensorInfo> inputs) const {
  const TensorInfo& input = inputs[index];
  const std::filesystem::path own = folder_ / input.name;
  const bool separate = std::filesystem::is_directory(own);
  const std::vector<std::filesystem::path> files = files_in(separate ? own : folder_);
  if (not separate and inputs.size() > 1 and not std::ranges::all_of(files, is_archive))
    fail("the network has {} inputs: `{}` needs a folder for each, of its name, or .npz files that hold all", inputs.size(),
         folder_.string());
  std::vector<Tensor> pictures;  // elements of batches
  const size_t most = limit_ > 0 ? limit_ : SIZE_MAX;
  const auto size = static_cast<size_t>(input.dims.empty() ? 1 : std::max<int64_t>(1, input.dims[0]));
  for (const auto& file : files) {
    if (batches_[index].size() >= most or (is_image(file) and pictures.size() / size >= most)) break;
    std::vector<Tensor>& to = is_image(file) ? pictures : batches_[index];
    std::vector<Tensor> more = read_batches(file, input, images_);
    to.insert(to.end(), more.begin(), more.end());
  }
  if (pictures.empty()) return;
  std::vector<Tensor> whole = whole_batches(pictures, input);
  batches_[index].insert(batches_[index].end(), whole.begin(), whole.end());
}

void Samples::load(std::span<const TensorInfo> inputs) const {
  loaded_ = true;
  batches_.resize(inputs.size());
  for (size_t i = 0; i < inputs.size(); ++i) {
    for (const auto& [name, path] : files_)
      if (name == inputs[i].name) {
        std::vector<Tensor> more = read_batches(path, inputs[i], images_);
        batches_[i].insert(batches_[i].end(), more.begin(), more.end());
      }
    if (not folder_.empty()) load_folder(i, inputs);
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
