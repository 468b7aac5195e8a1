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

std::vector<std::byte> load_raw(const TensorInfo& info, const std::filesystem::path& path) {
  const MappedFile file(path);
  if (file.bytes().size() != info.bytes)
    fail("`{}` holds {} bytes, but input `{}` ({} {}, {}) takes {}; raw files hold the elements alone", path.string(), file.bytes().size(),
         info.name, name_of(info.dtype), text_of(info.dims), info.format, info.bytes);
  return {file.bytes().begin(), file.bytes().end()};
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

std::vector<std::vector<std::byte>> make_inputs(const Engine& engine, const FileList& files, uint64_t seed) {
  std::vector<std::vector<std::byte>> inputs(engine.inputs().size());
  std::vector<bool> loaded(inputs.size());
  for (const auto& [name, path] : files) {
    const size_t index = index_of(engine.inputs(), name, "input");
    inputs[index] = load_raw(engine.inputs()[index], path);
    loaded[index] = true;
  }
  for (size_t i = 0; i < inputs.size(); ++i) {
    const TensorInfo& info = engine.inputs()[i];
    if (loaded[i]) continue;
    inputs[i].resize(info.bytes);
    in_context([&] { return fmt::format("input `{}`", info.name); }, [&] { fill_random(info.dtype, inputs[i], seed + i); });
  }
  return inputs;
}

BoundSession::BoundSession(const Engine& engine, std::span<const std::vector<std::byte>> inputs, const SessionConfig& config)
    : engine_(engine), session_(engine, config) {
  for (size_t i = 0; i < inputs.size(); ++i) session_.bind_input(i, inputs[i].data());
  for (size_t i = 0; i < engine.outputs().size(); ++i) {
    outputs_.emplace_back(engine.outputs()[i].bytes);
    session_.bind_output(i, outputs_.back().data());
  }
}

Tensor BoundSession::output(size_t index) const { return row_major(engine_.outputs()[index], outputs_[index]); }

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
