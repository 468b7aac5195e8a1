// QuantizedConv and QuantizedMatMul by kernels of plain products: each tactic here restates the request and asks one that knows nothing of
// quantization. Bytes are multiplied as bytes where tensor cores can; the same products are offered in halves, which hold bytes exactly, so that
// integers never cost time.
#include <algorithm>
#include <array>

#include "backends/cuda/kernels/plain_product.h"
#include "base/error.h"
#include "tactics/registry.h"
#include "tactics/variant_judge.h"

namespace burnish::cuda {
namespace {

using tactics::BufferRef;
using tactics::OpRequest;
using tactics::Variant;
using tactics::Verdict;

/// A kernel of the restated request, given what the quantized one is given.
class RestatedKernel final : public tactics::Kernel {
 public:
  RestatedKernel(std::unique_ptr<tactics::Kernel> kernel, std::vector<std::optional<size_t>> from)
      : kernel_(std::move(kernel)), from_(std::move(from)) {
    if (from_.size() > most_inputs) fail_unsupported("{} operands, at most {}", from_.size(), most_inputs);
  }

  Status run(tactics::RunContext& context, std::span<const BufferRef> in, std::span<const BufferRef> out,
             void* workspace) const noexcept override {
    std::array<BufferRef, most_inputs> given{};
    for (size_t i = 0; i < from_.size(); ++i)
      if (from_[i]) given[i] = in[*from_[i]];
    return kernel_->run(context, {given.data(), from_.size()}, out, workspace);
  }

 private:
  static constexpr size_t most_inputs = 32;
  std::unique_ptr<tactics::Kernel> kernel_;
  std::vector<std::optional<size_t>> from_;
};

class QuantizedProduct : public tactics::Tactic {
 public:
  /// `plain`: the id of the tactic that is asked.
  QuantizedProduct(std::string id, std::string plain, Reading reading) : id_(std::move(id)), plain_(std::move(plain)), reading_(reading) {}

  std::string_view id() const override { return id_; }
  uint32_t revision() const override { return plain() != nullptr ? 16 * plain()->revision() + 1 : 1; }

  Verdict supports(const OpRequest& request) const override {
    if (std::string reason = restating_refusal(request, reading_); not reason.empty()) return Verdict::no(std::move(reason));
    if (plain() == nullptr) return Verdict::no(fmt::format("{} is not part of this build", plain_));
    return plain()->supports(restated(request, reading_, false).request);
  }

  void variants(const OpRequest& request, tactics::VariantSink& sink) const override {
    const PlainProduct restated_one = restated(request, reading_, false);
    tactics::VariantSink found;
    plain()->variants(restated_one.request, found);
    sink.refusals = std::move(found.refusals);
    std::vector<std::string> known;
    for (const Variant& variant : found.variants) {
      if (not reads_exactly(variant)) continue;
      Variant mapped = quantized_variant(request, restated_one, variant);
      // Where all tensors are bytes, every storage of floats gives the same variant.
      if (std::ranges::find(known, mapped.text()) != known.end()) continue;
      known.push_back(mapped.text());
      sink.offer(std::move(mapped));
    }
  }

  std::unique_ptr<tactics::Kernel> build(tactics::BuildContext& context, const OpRequest& request, const Variant& variant) const override {
    const bool channels_last = lays_channels_last(variant);
    const PlainProduct restated_one = restated(request, reading_, true, channels_last);
    return std::make_unique<RestatedKernel>(
        plain()->build(context, restated_one.request, plain_variant_of(restated_one, variant, channels_last)), restated_one.from);
  }

 protected:
  const tactics::Tactic* plain() const { return tactics::registry().find_tactic(plain_); }
  Reading reading() const { return reading_; }

 private:
  /// Scaled weights have more digits than bf16 has.
  bool reads_exactly(const Variant& variant) const { return reading_ != Reading::scaled or variant.inputs[0].storage != DType::bf16; }

  /// How constants for single pixels lie: our own kernels read them as they lie, libraries get them packed.
  bool lays_channels_last(const Variant& variant) const {
    return reading_ != Reading::scaled and not variant.outputs[0].layout.is_row_major();
  }

  std::string id_, plain_;
  Reading reading_;
};

/// Of a library that takes long to be asked.
class JudgedProduct final : public QuantizedProduct, public tactics::VariantJudge {
 public:
  using QuantizedProduct::QuantizedProduct;
  bool may_offer(const OpRequest& request, const Variant& variant) const override {
    const auto* judge = dynamic_cast<const tactics::VariantJudge*>(plain());
    if (judge == nullptr) return false;
    const PlainProduct restated_one = restated(request, reading(), false);
    return judge->may_offer(restated_one.request, plain_variant_of(restated_one, variant, false));
  }
};

}  // namespace

void register_quantized(tactics::Registry& registry) {
  const auto add = [&](const char* id, const char* plain, Reading reading) {
    registry.add(std::make_unique<QuantizedProduct>(id, plain, reading));
  };
  add("cuda.quantized.gemm", "cuda.gemm", Reading::bytes);
  add("cuda.quantized.depthwise", "cuda.depthwise", Reading::bytes);
  add("cuda.quantized.gemm_of_halves", "cuda.gemm", Reading::floats);
  add("cuda.quantized.depthwise_of_floats", "cuda.depthwise", Reading::floats);
  add("cuda.quantized.cublaslt", "cuda.cublaslt.matmul", Reading::bytes);
  add("cuda.quantized.cublaslt_of_floats", "cuda.cublaslt.matmul", Reading::scaled);
  registry.add(std::make_unique<JudgedProduct>("cuda.quantized.cudnn_of_floats", "cuda.cudnn.conv", Reading::scaled));
}

}  // namespace burnish::cuda
