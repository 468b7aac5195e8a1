// An epilogue as oneDNN's post-ops: a chain of elementwise functions and binary operations on the anchor's result.
// Tactics ask whether a request's epilogue is such a chain, describe its further operands, and bind them to the primitive.
// It never takes part of an epilogue: all of it, or a reason.
#pragma once

#include "backends/cpu/onednn/onednn.h"

namespace burnish::cpu::onednn {

struct PostOp {
  enum class Kind : uint8_t { eltwise, binary, prelu };
  Kind kind = Kind::eltwise;
  dnnl::algorithm algorithm = dnnl::algorithm::undef;
  float alpha = 0;
  float beta = 0;
  size_t input = 0;  // of the request: the other operand of binary and prelu
};

struct PostOpChain {
  Verdict verdict = Verdict::yes();
  std::vector<PostOp> steps;
};

/// Reads the request's epilogue. An empty chain where there is none.
PostOpChain post_ops_of(const OpRequest& request);

/// How many steps read another tensor. oneDNN 3.2's pools get more than one of them wrong.
size_t operand_count(const PostOpChain& chain);

/// Takes a first `+ constant` of one value per `axis` of the output off the chain: the primitive's own bias. Returns the request input.
std::optional<size_t> take_bias(PostOpChain& chain, const OpRequest& request, size_t axis);

/// The format an epilogue's operand must have beside a destination: the same where it has all its elements, else row-major.
Format operand_format(const OpRequest& request, size_t input, const Format& destination);

/// How the primitive sees each step's operand. `reshape` may merge axes; it receives dims of the output's rank. Nothing where impossible.
struct OperandDescriptors {
  std::vector<dnnl::memory::desc> stored;  // one for each step; empty for eltwise
  std::vector<dnnl::memory::desc> wanted;  // differs from `stored` for constants only
};
using Reshape = std::function<std::optional<Dims>(const Dims&)>;
std::optional<OperandDescriptors> operand_descriptors(const PostOpChain& chain, const OpRequest& request, const Format& destination,
                                                      const Reshape& reshape = {});

void append(dnnl::primitive_attr& attributes, const PostOpChain& chain, const OperandDescriptors& operands);
void bind(KernelBuilder& builder, const PostOpChain& chain, const OperandDescriptors& operands);

}  // namespace burnish::cpu::onednn
