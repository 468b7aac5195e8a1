// Runs every variant that a tactic offers for a node and compares it with the reference evaluation.
// Inputs are stored in the variant's formats element by element, outputs begin as NaN, and the padding of blocks must come out as zeros.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ir/graph.h"
#include "tactics/registry.h"

namespace burnish::cpu {

struct Feed {
  TensorType type;
  bool constant = false;
  bool present = true;
};
Feed data(Dims dims);
Feed weights(Dims dims);
Feed omitted();

/// One node, fused with `epilogue` (the text of an Expr whose input 0 is the anchor's result) where that is not empty.
struct Sample {
  Op op;
  std::vector<Feed> inputs;
  std::string epilogue;
  std::vector<Feed> operands;  // of the epilogue
  size_t outputs = 1;
};

/// A backend context that packs anew for every key and counts how often.
class PackingContext final : public tactics::BuildContext {
 public:
  int threads() const override;
  Tensor artifact(const Hash128& key, const std::function<Tensor()>& make) override;
  Hash128 hash_of_constant(const std::shared_ptr<const Tensor>& constant) override;
  size_t made = 0;

 private:
  std::vector<std::pair<Hash128, Tensor>> kept_;
};

Graph graph_of(const Sample& sample);
tactics::OpRequest request_of(const Sample& sample, std::vector<DType> permitted = {});

/// Expects at least one variant, and that all agree with the reference: f32 closely, variants with narrower storage or math roughly.
/// Returns the texts of the variants.
std::vector<std::string> check_tactic(std::string_view tactic, const Sample& sample, std::vector<DType> permitted = {});

/// The same for a node of a graph, for inputs that need particular values.
std::vector<std::string> check_node(std::string_view tactic, const Graph& graph, NodeId node, std::vector<DType> permitted = {});

/// The reason why the tactic refuses; empty where it does not.
std::string refusal(std::string_view tactic, const Sample& sample);

}  // namespace burnish::cpu
