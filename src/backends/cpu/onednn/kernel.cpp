// The kernel of every oneDNN tactic: one primitive, its arguments bound to the step's buffers and to constants packed when built.
#include <algorithm>
#include <cstring>

#include "backends/cpu/onednn/frame_pool.h"
#include "backends/cpu/onednn/onednn.h"
#include "base/error.h"
#include "base/parallel.h"

namespace burnish::cpu::onednn {
namespace {

using Binding = KernelBuilder::Binding;

/// What one run in progress needs for itself: memory objects carry the addresses of that run.
struct Frame {
  dnnl::stream stream;
  std::vector<dnnl::memory> memories;
  std::vector<dnnl_exec_arg_t> arguments;
  std::vector<int32_t> numbers;  // bytes as oneDNN reads them, by binding
};

std::unique_ptr<Frame> make_frame(std::span<const Binding> bindings) {
  auto frame = std::make_unique<Frame>();
  frame->stream = dnnl::stream(engine());
  frame->numbers.resize(bindings.size());
  for (size_t i = 0; i < bindings.size(); ++i) {
    const Binding& binding = bindings[i];
    void* data = DNNL_MEMORY_NONE;
    if (binding.source == Binding::Source::constant) data = const_cast<std::byte*>(binding.constant.data());
    if (binding.source == Binding::Source::byte) data = &frame->numbers[i];
    frame->memories.emplace_back(binding.descriptor, engine(), data);
    frame->arguments.push_back({binding.slot, frame->memories.back().get()});
  }
  return frame;
}

void copy(const tactics::BufferRef& from, const tactics::BufferRef& to) noexcept {
  constexpr int64_t grain = 65536;
  parallel_for(std::min(from.bytes, to.bytes), grain,
               [&](int64_t first, int64_t last) { std::memcpy(to.data + first, from.data + first, static_cast<size_t>(last - first)); });
}

class PrimitiveKernel final : public Kernel {
 public:
  PrimitiveKernel(dnnl::primitive primitive, std::vector<Binding> bindings, const std::optional<BorderedInput>& bordered,
                  std::optional<size_t> started_from)
      : primitive_(std::move(primitive)), bindings_(std::move(bindings)), bordered_(bordered), started_from_(started_from), frames_([this] {
          return make_frame(bindings_);
        }) {}

  Status run(tactics::RunContext&, std::span<const tactics::BufferRef> in, std::span<const tactics::BufferRef> out,
             void* workspace) const noexcept override {
    if (bordered_) copy_into(bordered_->border, in[bordered_->index].data, static_cast<std::byte*>(workspace) + bordered_->offset);
    if (started_from_ and in[*started_from_].data != out[0].data) copy(in[*started_from_], out[0]);
    std::unique_ptr<Frame> frame = frames_.take();
    if (frame == nullptr) return {StatusCode::resource_exhausted, "oneDNN could not make the arguments of a primitive"};
    for (size_t i = 0; i < bindings_.size(); ++i) {
      const Binding& binding = bindings_[i];
      if (binding.source == Binding::Source::constant) continue;
      if (binding.source == Binding::Source::byte) {
        const auto* byte = reinterpret_cast<const uint8_t*>(in[binding.index].data);
        frame->numbers[i] = binding.is_signed ? static_cast<int8_t>(*byte) : *byte;
        continue;
      }
      void* data = binding.source == Binding::Source::input    ? in[binding.index].data
                   : binding.source == Binding::Source::output ? out[binding.index].data
                                                               : static_cast<std::byte*>(workspace) + binding.index;
      dnnl_memory_set_data_handle(frame->memories[i].get(), data);
    }
    const dnnl_status_t status =
        dnnl_primitive_execute(primitive_.get(), frame->stream.get(), static_cast<int>(frame->arguments.size()), frame->arguments.data());
    frames_.give_back(std::move(frame));
    if (status == dnnl_success) return Status::ok();
    return {status == dnnl_out_of_memory ? StatusCode::resource_exhausted : StatusCode::internal, "oneDNN could not run a primitive"};
  }

 private:
  dnnl::primitive primitive_;
  std::vector<Binding> bindings_;
  std::optional<BorderedInput> bordered_;
  std::optional<size_t> started_from_;
  FramePool<Frame> frames_;
};

std::string text_of(const dnnl::memory::desc& descriptor) {
  const auto join = [](const dnnl::memory::dims& values) { return fmt::format("{}", fmt::join(values, ",")); };
  if (descriptor.get_format_kind() != dnnl::memory::format_kind::blocked)  // a packing only the same library on the same machine knows
    return fmt::format("opaque {} {} {} {}", join(descriptor.get_dims()), descriptor.get_size(), version_text(),
                       static_cast<unsigned>(dnnl_get_effective_cpu_isa()));
  return fmt::format("{} {} {} {} {} {} {}", static_cast<int>(descriptor.get_data_type()), join(descriptor.get_dims()),
                     join(descriptor.get_padded_dims()), join(descriptor.get_strides()), join(descriptor.get_inner_blks()),
                     join(descriptor.get_inner_idxs()), descriptor.get_size());
}

/// The elements of `plain`, described by `stored`, rearranged and converted.
Tensor repacked(const Tensor& plain, const dnnl::memory::desc& stored, const dnnl::memory::desc& wanted) {
  Tensor packed(DType::u8, {static_cast<int64_t>(wanted.get_size())});
  if (stored == wanted and plain.bytes() == packed.bytes()) {
    std::memcpy(packed.mutable_data(), plain.data(), packed.bytes());
    return packed;
  }
  dnnl::memory from(stored, engine(), const_cast<std::byte*>(plain.data()));
  dnnl::memory to(wanted, engine(), packed.mutable_data());
  dnnl::stream stream(engine());
  dnnl::reorder(from, to).execute(stream, from, to);
  stream.wait();
  return packed;
}

}  // namespace

Tensor KernelBuilder::packed(const Hash128& content, const std::function<Tensor()>& plain, const dnnl::memory::desc& stored,
                             const dnnl::memory::desc& wanted) {
  const Hash128 key = hash_of(fmt::format("onednn {} | {} | {}", burnish::text_of(content), text_of(stored), text_of(wanted)));
  Tensor bytes = context_.artifact(key, [&] { return repacked(plain(), stored, wanted); });
  if (bytes.bytes() != wanted.get_size()) fail("packed weights hold {} bytes where oneDNN needs {}", bytes.bytes(), wanted.get_size());
  return bytes;
}

void KernelBuilder::input(int slot, size_t index, const dnnl::memory::desc& stored, const dnnl::memory::desc& wanted) {
  const auto& constant = request_.inputs.at(index).constant;
  if (constant == nullptr) {
    BURNISH_CHECK(stored == wanted, "input {} is no constant and cannot be packed", index);
    bindings_.push_back({slot, Binding::Source::input, index, stored, {}});
    return;
  }
  Tensor bytes = packed(context_.hash_of_constant(constant), [&] { return *constant; }, stored, wanted);
  bindings_.push_back({slot, Binding::Source::constant, index, wanted, std::move(bytes)});
}

void KernelBuilder::output(int slot, size_t index, const dnnl::memory::desc& stored) {
  bindings_.push_back({slot, Binding::Source::output, index, stored, {}});
}

void KernelBuilder::byte(int slot, size_t index) {
  bindings_.push_back(
      {slot, Binding::Source::byte, index, plain(Dims{1}, DType::i32), {}, request_.inputs.at(index).type.dtype == DType::i8});
}

void KernelBuilder::bordered(int slot, size_t index, const Border& border, size_t offset, const dnnl::memory::desc& stored) {
  bordered_ = BorderedInput{border, index, offset};
  scratch(slot, offset, stored);
}

void KernelBuilder::scratch(int slot, size_t offset, const dnnl::memory::desc& stored) {
  bindings_.push_back({slot, Binding::Source::workspace, offset, stored, {}});
}

void KernelBuilder::made(int slot, std::string_view name, std::span<const size_t> sources, const std::function<Tensor()>& make,
                         const dnnl::memory::desc& stored, const dnnl::memory::desc& wanted) {
  std::string content(name);
  for (const size_t source : sources) content += " " + burnish::text_of(context_.hash_of_constant(request_.inputs.at(source).constant));
  bindings_.push_back({slot, Binding::Source::constant, 0, wanted, packed(hash_of(content), make, stored, wanted)});
}

std::unique_ptr<Kernel> KernelBuilder::finish(const dnnl::primitive& primitive, const dnnl::memory::desc& scratchpad) {
  if (scratchpad.get_size() > 0) bindings_.push_back({DNNL_ARG_SCRATCHPAD, Binding::Source::workspace, 0, scratchpad, {}});
  return std::make_unique<PrimitiveKernel>(primitive, std::move(bindings_), bordered_, started_from_);
}

}  // namespace burnish::cpu::onednn
