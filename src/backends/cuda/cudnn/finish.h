// What is left of an epilogue behind a plan of cuDNN: one generated pointwise kernel over the result in place.
// The tactics of convolutions use it where cuDNN has no kernel, or only a slow one, for the whole.
#pragma once

#include "backends/cuda/kernels/elementwise.h"
#include "backends/cuda/kernels/tail.h"

namespace burnish::cuda::cudnn {

/// Why a request's epilogue cannot be finished so, with a bias of the anchor's own where given; empty where it can.
std::string finish_refusal(const tactics::OpRequest& request, std::optional<size_t> bias);

class Finish {
 public:
  /// `bias`: the request input with one value a channel that the plan did not add.
  Finish(tactics::BuildContext& context, const tactics::OpRequest& request, const tactics::Variant& variant, std::optional<size_t> bias);

  /// The plan's result lies in out[0].
  Status run(std::span<const tactics::BufferRef> in, std::span<const tactics::BufferRef> out, void* stream) const noexcept;

 private:
  static constexpr size_t most_operands = 32;

  TailProgram program_;
  std::vector<tactics::DeviceMemory> constants_;  // one for each input of the program, empty where the plan provides it
  std::unique_ptr<Elementwise> elementwise_;
};

}  // namespace burnish::cuda::cudnn
