// Concat and Split on the GPU: one kernel for all parts, whole words of up to 16 bytes. Row-major and channels last.
#include "backends/cuda/kernels/join.h"

#include <algorithm>
#include <cstring>

#include "backends/cuda/kernels/constants.h"
#include "backends/cuda/kernels/formats.h"
#include "backends/cuda/kernels/moves.h"
#include "ops/axes.h"
#include "ops/concat.h"
#include "ops/split.h"
#include "tactics/registry.h"

namespace burnish::cuda {

std::string word_type(int bytes) {
  switch (bytes) {
    case 1: return "u8";
    case 2: return "u16";
    case 4: return "u32";
    case 8: return "u64";
    default: return "Vec<u32, 4>";
  }
}

std::string join_source(bool joins, int word_bytes, int parts, int together) {
  return fmt::format(
      "#include \"join.cuh\"\n"
      "extern \"C\" __global__ void __launch_bounds__(256) join({0}* whole, const Parts<{0}, {1}> parts, u32 rows, u32 width, u32 pitch) "
      "{{\n"
      "  release_next();\n  wait_for_inputs();\n  move_parts<{2}, {3}>(whole, parts, rows, width, pitch);\n}}\n",
      word_type(word_bytes), parts, joins, together);
}

namespace {

using tactics::BufferRef;
using tactics::Format;
using tactics::OpRequest;
using tactics::Variant;
using tactics::Verdict;

constexpr int most_parts = 64;  // of one launch

struct Geometry {
  int64_t rows = 1, inner_bytes = 1;  // what lies outside the axis, and inside, in memory
};

Geometry geometry_of(const Dims& dims, size_t axis, const Format& format) {
  Geometry made{1, static_cast<int64_t>(byte_size(format.storage))};
  bool outside = true;
  for (const uint8_t at : format.layout.order) {
    if (at == axis) outside = false;
    else (outside ? made.rows : made.inner_bytes) *= dims[at];
  }
  return made;
}

/// Up to 64 neighbouring parts: one launch.
class Group {
 public:
  Group(tactics::BuildContext& context, bool joins, size_t first, std::span<const int64_t> widths, int64_t rows, int64_t pitch,
        int64_t offset, int word)
      : first_(first),
        count_(widths.size()),
        rows_(static_cast<uint32_t>(rows)),
        pitch_(static_cast<uint32_t>(pitch / word)),
        offset_(offset) {
    capacity_ = 2;
    while (capacity_ < widths.size()) capacity_ *= 2;
    begin_.assign(capacity_ + 1, UINT32_MAX);
    begin_[0] = 0;
    for (size_t i = 0; i < widths.size(); ++i) begin_[i + 1] = begin_[i] + static_cast<uint32_t>(widths[i] / word);
    width_ = begin_[widths.size()];
    const int64_t words = static_cast<int64_t>(rows_) * width_;
    const int together = words > int64_t{1} << 19U ? 4 : 1;  // once the GPU is full
    grid_.blocks[0] = blocks_for((words + together - 1) / together, grid_.threads);
    grid_.may_start_early = true;
    code_ = std::make_unique<Code>(context, join_source(joins, word, static_cast<int>(capacity_), together));
    function_ = code_->function("join");
  }

  /// `parts(i)` is the memory of part i.
  template <class PartOf>
  Status run(std::byte* whole, const PartOf& parts, void* stream) const noexcept {
    if (rows_ == 0 or width_ == 0) return Status::ok();
    alignas(16) std::array<std::byte, most_parts * 8 + (most_parts + 2) * 4> packed{};
    for (size_t i = 0; i < count_; ++i) {
      const std::byte* part = parts(first_ + i);
      std::memcpy(packed.data() + i * sizeof part, &part, sizeof part);
    }
    std::memcpy(packed.data() + capacity_ * sizeof(void*), begin_.data(), begin_.size() * sizeof(uint32_t));
    std::byte* from = whole + offset_;
    std::array<void*, 5> arguments{static_cast<void*>(&from), packed.data(), const_cast<uint32_t*>(&rows_), const_cast<uint32_t*>(&width_),
                                   const_cast<uint32_t*>(&pitch_)};
    return launch(function_, grid_, arguments, stream);
  }

 private:
  std::unique_ptr<Code> code_;
  CUfunction function_ = nullptr;
  Grid grid_;
  size_t first_, count_, capacity_ = 2;
  uint32_t rows_, width_ = 0, pitch_;
  int64_t offset_;
  std::vector<uint32_t> begin_;
};

class JoinKernel final : public tactics::Kernel {
 public:
  JoinKernel(tactics::BuildContext& context, const OpRequest& request, const Variant& variant) : joins_(request.op.is<ops::Concat>()) {
    const Format& format = joins_ ? variant.outputs[0] : variant.inputs[0];
    const Dims whole = joins_ ? request.output_dims() : request.dims(0);
    const size_t axis = joins_ ? ops::normalized_axis(request.op.as<ops::Concat>()->axis, whole.size())
                               : ops::normalized_axis(request.op.as<ops::Split>()->axis, whole.size());
    const Geometry geometry = geometry_of(whole, axis, format);
    const size_t parts = joins_ ? request.inputs.size() : request.outputs.size();
    std::vector<int64_t> widths;
    for (size_t i = 0; i < parts; ++i) widths.push_back((joins_ ? request.dims(i) : request.output_dims(i))[axis] * geometry.inner_bytes);
    if (joins_) upload_constants(request, format);
    int word = 16;
    while (std::ranges::any_of(widths, [&](int64_t width) { return width % word != 0; })) word /= 2;
    int64_t offset = 0;
    for (size_t first = 0; first < parts; first += most_parts) {
      const auto group = std::span(widths).subspan(first, std::min<size_t>(most_parts, parts - first));
      groups_.push_back(
          std::make_unique<Group>(context, joins_, first, group, geometry.rows, whole[axis] * geometry.inner_bytes, offset, word));
      for (const int64_t width : group) offset += width;
    }
  }

  Status run(tactics::RunContext& context, std::span<const BufferRef> in, std::span<const BufferRef> out,
             void* /*workspace*/) const noexcept override {
    for (const auto& group : groups_) {
      const auto part = [&](size_t i) -> const std::byte* {
        if (not joins_) return out[i].data;
        return constants_[i].data() != nullptr ? constants_[i].data() : in[i].data;
      };
      if (Status status = group->run(joins_ ? out[0].data : in[0].data, part, context.stream); not status) return status;
    }
    return Status::ok();
  }

 private:
  void upload_constants(const OpRequest& request, const Format& format) {
    constants_.resize(request.inputs.size());
    for (size_t i = 0; i < request.inputs.size(); ++i)
      if (request.inputs[i].constant != nullptr) constants_[i] = upload_as(*request.inputs[i].constant, format);
  }

  bool joins_;
  std::vector<std::unique_ptr<Group>> groups_;
  std::vector<tactics::DeviceMemory> constants_;
};

class JoinTactic : public tactics::Tactic {
 public:
  uint32_t revision() const override { return 2; }

  void variants(const OpRequest& request, tactics::VariantSink& sink) const override {
    const size_t rank = request.inputs[0].type.shape.rank();
    const size_t parts = std::max(request.inputs.size(), request.outputs.size());
    for (const std::optional<DType> lowered : usual_storages(request))
      for (const Layout& layout : usual_layouts(rank)) {
        Variant variant = plain_variant(request, lowered);
        for (size_t i = 0; i < request.inputs.size(); ++i)
          if (request.inputs[i].constant == nullptr) variant.inputs[i].layout = layout;
        double bytes = 0;
        for (size_t i = 0; i < request.outputs.size(); ++i) {
          variant.outputs[i].layout = layout;
          if (request.wanted[i]) bytes += 2 * stored_bytes_of(request.outputs[i], lowered);
        }
        variant.estimate = move_seconds(bytes, static_cast<int>((parts + most_parts - 1) / most_parts));
        sink.offer(std::move(variant));
      }
  }

  std::unique_ptr<tactics::Kernel> build(tactics::BuildContext& context, const OpRequest& request, const Variant& variant) const override {
    return std::make_unique<JoinKernel>(context, request, variant);
  }
};

class CudaConcat final : public JoinTactic {
 public:
  std::string_view id() const override { return "cuda.concat"; }
  Verdict supports(const OpRequest& request) const override {
    if (not request.op.is<ops::Concat>()) return Verdict::no("not a Concat");
    if (std::string reason = move_refusal(request, std::array{size_t{0}}); not reason.empty()) return Verdict::no(std::move(reason));
    return Verdict::yes();
  }
};

class CudaSplit final : public JoinTactic {
 public:
  std::string_view id() const override { return "cuda.split"; }
  Verdict supports(const OpRequest& request) const override {
    if (not request.op.is<ops::Split>()) return Verdict::no("not a Split");
    if (std::string reason = move_refusal(request, std::array{size_t{0}}); not reason.empty()) return Verdict::no(std::move(reason));
    if (std::string reason = parameter_refusal(request, 1); not reason.empty()) return Verdict::no(std::move(reason));
    if (request.inputs[0].constant != nullptr) return Verdict::no("the input is constant");
    return Verdict::yes();
  }
};

}  // namespace

void register_join(tactics::Registry& registry) {
  registry.add(std::make_unique<CudaConcat>());
  registry.add(std::make_unique<CudaSplit>());
}

}  // namespace burnish::cuda
