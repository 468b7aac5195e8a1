// What all oneDNN tactics share: the engine, memory descriptors from formats, estimates from the implementation oneDNN picks,
// and the one kernel class, a primitive with its arguments bound to inputs, outputs and packed constants.
// Included by the tactics of this folder. Nothing outside src/backends/cpu sees oneDNN.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include <oneapi/dnnl/dnnl.hpp>

#include "backends/cpu/onednn/border.h"
#include "tactics/tactic.h"

namespace burnish::cpu::onednn {

using tactics::BuildContext;
using tactics::Format;
using tactics::Kernel;
using tactics::OpRequest;
using tactics::Variant;
using tactics::VariantSink;
using tactics::Verdict;

const dnnl::engine& engine();
std::string version_text();
/// Whether oneDNN may use this instruction set here.
bool has_isa(dnnl::cpu_isa isa);

/// oneDNN's blocking depends on how many threads it finds when a descriptor is made: this sets them, and puts them back.
class ThreadScope {
 public:
  explicit ThreadScope(int threads);
  ~ThreadScope();
  ThreadScope(const ThreadScope&) = delete;
  ThreadScope& operator=(const ThreadScope&) = delete;

 private:
  int before_;
};

/// `undef` where oneDNN does not know the type.
dnnl::memory::data_type data_type_of(DType dtype);

/// A tensor in a format; nothing where oneDNN cannot express the layout.
std::optional<dnnl::memory::desc> descriptor(std::span<const int64_t> dims, const Format& format);
/// As above, with the layout for oneDNN to choose.
dnnl::memory::desc any_layout(std::span<const int64_t> dims, DType storage);
/// Row-major.
dnnl::memory::desc plain(std::span<const int64_t> dims, DType storage);
/// Elements `strides` apart, in the order of the axes.
dnnl::memory::desc strided(std::span<const int64_t> dims, DType storage, const Dims& strides);

/// The layouts that convolutions and pools compute in: channels last, then channels in blocks of the vector's width. Tiles know only the
/// first, so bf16 has no other where the processor has them.
std::vector<Layout> image_layouts(size_t rank, DType storage);
/// The one of `layouts` that the descriptor has, where it has one.
std::optional<Layout> layout_among(const dnnl::memory::desc& found, std::span<const int64_t> dims, std::span<const Layout> layouts);

/// How the float tensors of a request may be stored and multiplied.
struct Precision {
  DType source = DType::f32;
  DType destination = DType::f32;
  bool bf16_math = false;  // f32 tensors, rounded to bf16 on their way into the multiplier
  DType math() const { return bf16_math ? DType::bf16 : source; }
};
/// For a request over tensors of one floating type; empty for any other type.
std::vector<Precision> precisions(const OpRequest& request, DType type);
inline constexpr std::string_view bf16_math_knob = "math=bf16";

/// Attributes every primitive gets: workspace from the plan, and the math that the precision allows.
dnnl::primitive_attr basic_attributes(bool bf16_math = false);

/// Facts that an implementation's name tells. A reference one is hopelessly slow.
bool is_reference(std::string_view implementation);
/// Where the processor has tiles: whether the implementation multiplies bf16 with them. Others are slower than f32 then.
bool misses_tiles(std::string_view implementation, const Precision& precision);

/// Seconds for the variant: `flops` at the rate that the implementation usually reaches, or the traffic.
double estimate(const OpRequest& request, const Variant& variant, const Precision& precision, std::string_view implementation,
                double flops);

/// An input that a kernel copies into its workspace, with a border.
struct BorderedInput {
  Border border;
  size_t index = 0;
  size_t offset = 0;
};

/// Collects the arguments of a primitive and makes the kernel. Constants are packed into the descriptors asked for, once per content.
class KernelBuilder {
 public:
  KernelBuilder(BuildContext& context, const OpRequest& request) : context_(context), request_(request) {}

  /// Request input `index`, stored as `stored`. Where it is a constant, `stored` views its plain elements with their own type, and it is packed
  /// into `wanted` now; else the two are equal.
  void input(int slot, size_t index, const dnnl::memory::desc& stored, const dnnl::memory::desc& wanted);
  void input(int slot, size_t index, const dnnl::memory::desc& stored) { input(slot, index, stored, stored); }
  void output(int slot, size_t index, const dnnl::memory::desc& stored);
  /// Request input `index`, one byte, which oneDNN reads as an i32.
  void byte(int slot, size_t index);
  /// Request input `index` with a border, copied `offset` bytes into the workspace before the primitive runs.
  void bordered(int slot, size_t index, const Border& border, size_t offset, const dnnl::memory::desc& stored);
  /// Output 0 holds request input `index` before the primitive runs, which adds to it: copied where the two are not the same memory.
  void starts_from(size_t index) { started_from_ = index; }
  /// Memory of this step alone, `offset` bytes into the workspace: for results that nobody reads.
  void scratch(int slot, size_t offset, const dnnl::memory::desc& stored);
  /// A constant made by the tactic, for example gates in another order; `name` tells how it was made from inputs `sources`.
  void made(int slot, std::string_view name, std::span<const size_t> sources, const std::function<Tensor()>& make,
            const dnnl::memory::desc& stored, const dnnl::memory::desc& wanted);

  std::unique_ptr<Kernel> finish(const dnnl::primitive& primitive, const dnnl::memory::desc& scratchpad);

  struct Binding {
    enum class Source : uint8_t { input, byte, output, workspace, constant };
    int slot = 0;
    Source source = Source::input;
    size_t index = 0;  // of the input or output; the offset into the workspace
    dnnl::memory::desc descriptor;
    Tensor constant;
    bool is_signed = false;  // of a byte
  };

 private:
  Tensor packed(const Hash128& content, const std::function<Tensor()>& plain, const dnnl::memory::desc& stored,
                const dnnl::memory::desc& wanted);

  BuildContext& context_;
  const OpRequest& request_;
  std::vector<Binding> bindings_;
  std::optional<BorderedInput> bordered_;
  std::optional<size_t> started_from_;
};

/// Which inputs are constants: those the kernels of this folder keep themselves.
std::vector<bool> constant_inputs(const OpRequest& request);

/// A variant with every input and output in its plain format and all constants kept.
Variant plain_variant(const OpRequest& request);

}  // namespace burnish::cpu::onednn
