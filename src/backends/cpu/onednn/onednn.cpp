// Descriptors, precisions and estimates for the tactics of this folder.
#include "backends/cpu/onednn/onednn.h"

#include <algorithm>
#include <numeric>

#include "backends/cpu/machine.h"
#include "base/error.h"
#include "base/parallel.h"

namespace burnish::cpu::onednn {

using dnnl::memory;

const dnnl::engine& engine() {
  static const dnnl::engine cpu = [] {
    // oneDNN 3.2 takes a cached product of one row for another whose scratchpad is larger, and then writes beyond the one it was given.
    dnnl::set_primitive_cache_capacity(0);
    return dnnl::engine(dnnl::engine::kind::cpu, 0);
  }();
  return cpu;
}

std::string version_text() {
  const dnnl_version_t* version = dnnl_version();
  return fmt::format("{}.{}.{}", version->major, version->minor, version->patch);
}

bool has_isa(dnnl::cpu_isa isa) {
  const auto bits = [](dnnl::cpu_isa set) { return static_cast<unsigned>(static_cast<dnnl_cpu_isa_t>(set)); };
  return (bits(dnnl::get_effective_cpu_isa()) & bits(isa)) == bits(isa);
}

ThreadScope::ThreadScope(int threads) : before_(thread_count()) { set_thread_count(threads); }
ThreadScope::~ThreadScope() { set_thread_count(before_); }

memory::data_type data_type_of(DType dtype) {
  switch (dtype) {
    case DType::f32: return memory::data_type::f32;
    case DType::bf16: return memory::data_type::bf16;
    case DType::f16: return memory::data_type::f16;
    case DType::i32: return memory::data_type::s32;
    case DType::i8: return memory::data_type::s8;
    case DType::u8: return memory::data_type::u8;
    default: return memory::data_type::undef;
  }
}

namespace {

std::optional<memory::format_tag> channel_block_tag(size_t rank, int32_t size) {
  using Tag = memory::format_tag;
  if (rank == 3) return size == 16 ? Tag::nCw16c : size == 8 ? Tag::nCw8c : Tag::undef;
  if (rank == 4) return size == 16 ? Tag::nChw16c : size == 8 ? Tag::nChw8c : Tag::undef;
  if (rank == 5) return size == 16 ? Tag::nCdhw16c : size == 8 ? Tag::nCdhw8c : Tag::undef;
  return Tag::undef;
}

}  // namespace

memory::desc strided(std::span<const int64_t> dims, DType storage, const Dims& strides) {
  return {memory::dims(dims.begin(), dims.end()), data_type_of(storage), strides};
}

memory::desc plain(std::span<const int64_t> dims, DType storage) {
  return strided(dims, storage, Layout::row_major(dims.size()).strides(dims));
}

memory::desc any_layout(std::span<const int64_t> dims, DType storage) {
  return {memory::dims(dims.begin(), dims.end()), data_type_of(storage), memory::format_tag::any};
}

std::optional<memory::desc> descriptor(std::span<const int64_t> dims, const Format& format) {
  if (data_type_of(format.storage) == memory::data_type::undef or dims.empty() or dims.size() > 12) return {};
  if (format.layout.blocks.empty()) return strided(dims, format.storage, format.layout.strides(dims));
  const auto& blocks = format.layout.blocks;
  if (blocks.size() != 1 or blocks[0].axis != 1 or format.layout.order != Layout::row_major(dims.size()).order) return {};
  const auto tag = channel_block_tag(dims.size(), blocks[0].size);
  if (tag == memory::format_tag::undef) return {};
  return memory::desc(memory::dims(dims.begin(), dims.end()), data_type_of(format.storage), *tag);
}

std::vector<Layout> image_layouts(size_t rank, DType storage) {
  if (storage == DType::bf16 and has_isa(dnnl::cpu_isa::avx512_core_amx)) return {Layout::channels_last(rank)};
  const bool wide = has_isa(dnnl::cpu_isa::avx512_core);
  return {Layout::channels_last(rank), Layout::channel_blocks(rank, wide ? 16 : 8)};
}

std::optional<Layout> layout_among(const memory::desc& found, std::span<const int64_t> dims, std::span<const Layout> layouts) {
  for (const Layout& layout : layouts)
    for (const DType storage : {DType::f32, DType::bf16, DType::f16, DType::i8, DType::u8})
      if (const auto candidate = descriptor(dims, {storage, layout}); candidate and *candidate == found) return layout;
  return {};
}

std::vector<Precision> precisions(const OpRequest& request, DType type) {
  if (type == DType::bf16 or type == DType::f16) return {{type, type, false}};
  if (type != DType::f32) return {};
  std::vector<Precision> found{{DType::f32, DType::f32, false}};
  if (request.permits(DType::bf16)) {
    found.push_back({DType::bf16, DType::bf16, false});
    found.push_back({DType::bf16, DType::f32, false});
    found.push_back({DType::f32, DType::f32, true});
  }
  if (request.permits(DType::f16)) {
    found.push_back({DType::f16, DType::f16, false});
    found.push_back({DType::f16, DType::f32, false});
  }
  return found;
}

dnnl::primitive_attr basic_attributes(bool bf16_math) {
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  if (bf16_math) attributes.set_fpmath_mode(dnnl::fpmath_mode::bf16);
  return attributes;
}

bool is_reference(std::string_view implementation) { return implementation.starts_with("ref") or implementation.starts_with("simple"); }

bool misses_tiles(std::string_view implementation, const Precision& precision) {
  return precision.math() == DType::bf16 and has_isa(dnnl::cpu_isa::avx512_core_amx) and
         implementation.find("amx") == std::string_view::npos;
}

double estimate(const OpRequest& request, const Variant& variant, const Precision& precision, std::string_view implementation,
                double flops) {
  int64_t bytes = 0;
  for (size_t i = 0; i < request.inputs.size(); ++i)
    if (request.inputs[i].present) bytes += stored_bytes(variant.inputs.at(i), request.dims(i));
  for (size_t i = 0; i < request.outputs.size(); ++i) bytes += stored_bytes(variant.outputs.at(i), request.output_dims(i));
  const DType math = misses_tiles(implementation, precision) ? DType::f32 : precision.math();
  const double efficiency = is_reference(implementation)         ? 0.005
                            : implementation.starts_with("gemm") ? 0.4
                            : precision.bf16_math                ? 0.25  // it rounds both operands while it runs
                                                                 : 0.7;
  return roofline(request.target.threads, math, flops, static_cast<double>(bytes), efficiency);
}

std::vector<bool> constant_inputs(const OpRequest& request) {
  std::vector<bool> constant;
  for (const auto& input : request.inputs) constant.push_back(input.constant != nullptr);
  return constant;
}

Variant plain_variant(const OpRequest& request) {
  Variant variant;
  for (const auto& input : request.inputs) variant.inputs.push_back(tactics::plain_format(input.type));
  for (const TensorType& output : request.outputs) variant.outputs.push_back(tactics::plain_format(output));
  variant.keeps_constant = constant_inputs(request);
  return variant;
}

}  // namespace burnish::cpu::onednn
