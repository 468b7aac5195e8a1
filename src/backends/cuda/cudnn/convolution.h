// What the two tactics of convolutions share: Conv and ConvTranspose with an epilogue, as graphs of cuDNN.
// They differ in one operation; formats, engines, constants and estimates are the same. Two forms of a graph exist: where the epilogue is
// relu(result + residual + bias), cuDNN has kernels ready; everything else it generates and compiles when the plan is built.
#pragma once

#include "backends/cuda/cudnn/kernel.h"

namespace burnish::cuda::cudnn {

struct ConvolutionProblem {
  bool transposed = false;
  size_t rank = 4;              // of the request; with one spatial axis cuDNN sees a second of extent 1
  Dims source, filter, result;  // as the request has them
  Sliding sliding;
  Epilogue epilogue;
  std::optional<BiasActivation> ready;
  double flops = 0;
};

/// What neither form can do; empty where it may be asked for.
std::string refusal_of(const tactics::OpRequest& request);

/// Of a request that is not refused.
ConvolutionProblem problem_of(const tactics::OpRequest& request);

/// The graph for the variant's formats.
Described described(const tactics::OpRequest& request, const ConvolutionProblem& problem, const tactics::Variant& variant, bool ready);

/// Formats without engines: storage and layout of images, constants kept.
tactics::Variant format_variant(const tactics::OpRequest& request, std::optional<DType> lowered, const Layout& layout);

void offer_convolutions(const tactics::OpRequest& request, tactics::VariantSink& sink);
std::unique_ptr<tactics::Kernel> build_convolution(tactics::BuildContext& context, const tactics::OpRequest& request,
                                                   const tactics::Variant& variant);

/// A constant as cuDNN reads it: converted, and with `channels_last` the second axis moved to the end.
Tensor packed_constant(const Tensor& tensor, DType storage, bool channels_last);

}  // namespace burnish::cuda::cudnn
