// Buffers are plain bytes: what a user loads and dumps is exactly what the engine reads and writes.
#include "cli/bound_session.h"

#include <algorithm>
#include <cstring>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "tensor/layout.h"
#include "tensor/number.h"

namespace burnish::cli {
namespace {

/// SplitMix64: reproducible everywhere, unlike the standard library's distributions.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}
  uint64_t next() {
    state_ += 0x9e3779b97f4a7c15U;
    uint64_t z = state_;
    z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31U);
  }
  double symmetric() { return static_cast<double>(next() >> 11U) * 0x1p-52 - 1; }

 private:
  uint64_t state_;
};

void fill_floats(std::span<std::byte> bytes, Random& random) {
  for (size_t i = 0; i + sizeof(float) <= bytes.size(); i += sizeof(float)) {
    const auto value = static_cast<float>(random.symmetric());
    std::memcpy(bytes.data() + i, &value, sizeof value);
  }
}

size_t index_of(std::span<const TensorInfo> infos, std::string_view name, std::string_view what) {
  std::vector<std::string_view> names;
  for (size_t i = 0; i < infos.size(); ++i) {
    if (infos[i].name == name) return i;
    names.emplace_back(infos[i].name);
  }
  const std::string_view close = nearest(name, names);
  fail("`{}` is no {} of the engine; it has {}{}", name, what, fmt::join(names, ", "),
       close.empty() ? "" : fmt::format(". Did you mean {}?", close));
}

size_t bytes_of(const TensorInfo& info, const Dims& dims) {
  return dims == info.dims ? info.bytes : static_cast<size_t>(element_count(dims)) * byte_size(info.dtype);
}

std::vector<std::byte> load_raw(const TensorInfo& info, const Dims& dims, const std::filesystem::path& path) {
  const MappedFile file(path);
  if (file.bytes().size() != bytes_of(info, dims))
    fail("`{}` holds {} bytes, but input `{}` ({} {}, {}) takes {}; raw files hold the elements alone", path.string(), file.bytes().size(),
         info.name, name_of(info.dtype), text_of(dims), info.format, bytes_of(info, dims));
  return {file.bytes().begin(), file.bytes().end()};
}

bool is_open(int64_t dim) { return dim < 0; }

/// The one open size that makes the input as large as its file; 1 where that is not so.
int64_t size_by_file(const TensorInfo& info, const std::filesystem::path& path) {
  size_t known = byte_size(info.dtype);
  for (const int64_t dim : info.dims) known *= static_cast<size_t>(is_open(dim) ? 1 : dim);
  const size_t bytes = MappedFile(path).bytes().size();
  return known > 0 and bytes % known == 0 ? static_cast<int64_t>(bytes / known) : 1;
}

Dims sizes_of(const TensorInfo& info, const std::optional<Dims>& tuned, const ShapeList& shapes, const std::filesystem::path& file) {
  if (const Dims* given = find_shape(shapes, info.name)) return *given;
  if (tuned) return *tuned;
  Dims dims = info.dims;
  const bool by_file = not file.empty() and std::ranges::count_if(dims, is_open) == 1;
  const int64_t size = by_file ? size_by_file(info, file) : 1;
  std::ranges::replace_if(dims, is_open, size);
  return dims;
}

}  // namespace

void fill_random(DType dtype, std::span<std::byte> bytes, uint64_t seed) {
  Random random(seed);
  if (dtype == DType::f32) return fill_floats(bytes, random);
  const size_t size = byte_size(dtype);
  if (size == 0 or is_complex(dtype)) fail_unsupported("random data of type {} is not made; load it from a file", name_of(dtype));
  for (size_t i = 0; i + size <= bytes.size(); i += size) {
    std::byte* const element = bytes.data() + i;
    if (is_floating(dtype)) store_number(dtype, element, random.symmetric());
    else if (dtype == DType::u8 or dtype == DType::i8) *element = static_cast<std::byte>(random.next() & 0xffU);
    else store_integer(dtype, element, static_cast<int64_t>(random.next() >> 63U));
  }
}

Feeds make_inputs(const Engine& engine, const FileList& files, uint64_t seed, const ShapeList& shapes) {
  const std::span<const TensorInfo> infos = engine.inputs();
  std::vector<std::filesystem::path> paths(infos.size());
  for (const auto& [name, path] : files) paths[index_of(infos, name, "input")] = path;
  const std::vector<std::optional<Dims>> tuned = engine.initial_input_dims();
  Feeds feeds;
  for (size_t i = 0; i < infos.size(); ++i) {
    const Dims& dims = feeds.dims.emplace_back(sizes_of(infos[i], tuned[i], shapes, paths[i]));
    std::vector<std::byte>& bytes = feeds.bytes.emplace_back();
    in_context([&] { return fmt::format("input `{}`", infos[i].name); },
               [&] {
                 if (not paths[i].empty()) {
                   bytes = load_raw(infos[i], dims, paths[i]);
                   return;
                 }
                 bytes.resize(bytes_of(infos[i], dims));
                 fill_random(infos[i].dtype, bytes, seed + i);
               });
  }
  return feeds;
}

BoundSession::BoundSession(const Engine& engine, const Feeds& feeds, const SessionConfig& config)
    : engine_(engine), session_(engine, config) {
  for (size_t i = 0; i < feeds.bytes.size(); ++i) {
    session_.set_input_dims(i, feeds.dims[i]);
    session_.bind_input(i, feeds.bytes[i].data());
  }
  for (size_t i = 0; i < engine.outputs().size(); ++i) {
    const std::optional<Dims>& dims = output_dims_.emplace_back(session_.output_dims(i));
    outputs_.emplace_back(dims ? bytes_of(engine.outputs()[i], *dims) : 0);
    if (dims) session_.bind_output(i, outputs_.back().data());
  }
}

std::span<const std::byte> BoundSession::output_bytes(size_t index) const {
  if (output_dims_[index]) return outputs_[index];
  const Tensor& tensor = session_.output(index);
  return {tensor.data(), tensor.bytes()};
}

Tensor BoundSession::output(size_t index) const {
  if (not output_dims_[index]) return session_.output(index);
  TensorInfo info = engine_.outputs()[index];
  info.dims = *output_dims_[index];
  return row_major(info, outputs_[index]);
}

Tensor row_major(const TensorInfo& info, std::span<const std::byte> bytes) {
  const size_t colon = info.format.find(':');
  const auto layout = colon == std::string::npos ? std::nullopt : Layout::parse(std::string_view(info.format).substr(colon + 1));
  if (not layout) fail("output `{}` has a format that does not read: {}", info.name, info.format);
  if (layout->is_row_major()) return Tensor::borrowed(info.dtype, info.dims, bytes.data());
  Tensor plain(info.dtype, info.dims);
  const size_t size = byte_size(info.dtype);
  Dims index(info.dims.size());
  for (int64_t i = 0; i < plain.size(); ++i) {
    const auto from = static_cast<size_t>(layout->offset(info.dims, index)) * size;
    BURNISH_CHECK(from + size <= bytes.size());
    std::memcpy(plain.mutable_data() + static_cast<size_t>(i) * size, bytes.data() + from, size);
    for (size_t axis = index.size(); axis-- > 0 and ++index[axis] == info.dims[axis];) index[axis] = 0;
  }
  return plain;
}

}  // namespace burnish::cli
