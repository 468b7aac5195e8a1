// Tactics whose primitive turns one tensor into one: pools, softmax, normalization, resampling. A tactic says which layouts to try and
// describes the primitive for one of them; offering, estimating and building are the same for all and stand here.
#pragma once

#include "backends/cpu/onednn/post_ops.h"

namespace burnish::cpu::onednn {

struct OneInputPlan {
  dnnl::primitive_desc descriptor;
  PostOpChain chain;
  OperandDescriptors operands;
  double flops = 0;
};

class OneInputTactic : public tactics::Tactic {
 public:
  void variants(const OpRequest& request, VariantSink& sink) const final;
  std::unique_ptr<Kernel> build(BuildContext& context, const OpRequest& request, const Variant& variant) const final;

 protected:
  using LayoutPair = std::pair<Layout, Layout>;
  /// Source and destination. Unless overridden: the image layouts and row-major, both alike.
  virtual std::vector<LayoutPair> layouts(const OpRequest& request, DType storage) const;
  /// Nothing where oneDNN refuses. Called with the request's thread count in force.
  virtual std::optional<OneInputPlan> plan(const OpRequest& request, const Format& source, const Format& destination) const = 0;
  /// Arguments besides source, destination and the epilogue's operands.
  virtual void bind_more(KernelBuilder& builder, const OpRequest& request) const;

  /// What the tensors may be stored as, both alike; none: refused. Unless overridden: the floating types that the request permits.
  virtual std::vector<DType> storages(const OpRequest& request) const;

  /// What all of them refuse: types, constants as input, empty tensors.
  Verdict supports_data(const OpRequest& request) const;
};

/// Attributes and operands for a request's epilogue, put into `plan`; nothing where it cannot be described.
std::optional<dnnl::primitive_attr> with_epilogue(OneInputPlan& plan, const OpRequest& request, const Format& destination);

}  // namespace burnish::cpu::onednn
