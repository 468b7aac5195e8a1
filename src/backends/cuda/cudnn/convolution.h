// What the two tactics of convolutions share: Conv and ConvTranspose with an epilogue, as graphs of cuDNN.
// They differ in one operation; formats, engines, constants and estimates are the same. There are three forms: where the epilogue is
// relu(result + residual + bias), cuDNN has kernels ready; other epilogues it generates and compiles when the plan is built, or a kernel of
// our own finishes what a ready one began.
#pragma once

#include "backends/cuda/cudnn/kernel.h"

namespace burnish::cuda::cudnn {

enum class Form : uint8_t { ready, generated, finished };

struct ConvolutionProblem {
  bool transposed = false;
  size_t rank = 4;              // of the request; with one spatial axis cuDNN sees a second of extent 1
  Dims source, filter, result;  // as the request has them
  Sliding sliding;
  std::optional<size_t> bias;           // the anchor's own
  Epilogue epilogue;                    // all of it
  std::optional<BiasActivation> ready;  // the epilogue, where it has that form
  Epilogue begun;                       // what the plan does of a finished epilogue
  std::string finish_refusal;
  double flops = 0;
};

/// What neither form can do; empty where it may be asked for.
std::string refusal_of(const tactics::OpRequest& request);

/// Of a request that is not refused.
ConvolutionProblem problem_of(const tactics::OpRequest& request);

/// The graph for the variant's formats.
Described described(const tactics::OpRequest& request, const ConvolutionProblem& problem, const tactics::Variant& variant, Form form);

/// Formats without engines: storage and layout of images, constants kept.
tactics::Variant format_variant(const tactics::OpRequest& request, std::optional<DType> lowered, const Layout& layout);

void offer_convolutions(const tactics::OpRequest& request, tactics::VariantSink& sink);
/// As tactics::VariantJudge.
bool may_offer_convolution(const tactics::OpRequest& request, const tactics::Variant& variant);
std::unique_ptr<tactics::Kernel> build_convolution(tactics::BuildContext& context, const tactics::OpRequest& request,
                                                   const tactics::Variant& variant);

}  // namespace burnish::cuda::cudnn
