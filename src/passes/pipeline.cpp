// The pipeline: read from top to bottom. A sentence stands wherever the order matters.
#include "passes/pipeline.h"

#include <algorithm>

#include "passes/fold_batchnorm.h"
#include "passes/fold_constants.h"
#include "passes/fold_conv_reshapes.h"
#include "passes/fold_if.h"
#include "passes/fold_matmul_reshapes.h"
#include "passes/fold_pad.h"
#include "passes/fold_reshapes.h"
#include "passes/fold_scale.h"
#include "passes/fold_shapes.h"
#include "passes/fold_transposes.h"
#include "passes/fuse_attention.h"
#include "passes/fuse_block_products.h"
#include "passes/fuse_epilogue.h"
#include "passes/fuse_float8_products.h"
#include "passes/fuse_gelu.h"
#include "passes/fuse_group_normalization.h"
#include "passes/fuse_hard_swish.h"
#include "passes/fuse_instance_normalization.h"
#include "passes/fuse_integer_products.h"
#include "passes/fuse_layer_normalization.h"
#include "passes/fuse_mish.h"
#include "passes/fuse_pointwise.h"
#include "passes/fuse_quantized_products.h"
#include "passes/fuse_rms_normalization.h"
#include "passes/fuse_silu.h"
#include "passes/lower_quantization.h"
#include "passes/merge_common_subexpressions.h"
#include "passes/merge_concat_prefixes.h"
#include "passes/merge_parallel_convs.h"
#include "passes/merge_parallel_matmuls.h"
#include "passes/merge_strided_slices.h"
#include "passes/pack_attention.h"
#include "passes/propagate_quantization.h"
#include "passes/remove_dead.h"
#include "passes/remove_identities.h"
#include "passes/remove_sequences.h"
#include "passes/rewrite_gathers.h"
#include "passes/rewrite_one_hot_products.h"
#include "passes/rewrite_scatters.h"
#include "passes/rewrite_signed_bytes.h"
#include "passes/split_quantized_products.h"

namespace burnish::passes {
namespace {

/// Brings different spellings of the same thing to one form. What one of these folds, the next can see through; a chain of sizes
/// that depend on one another (sliding windows) takes a round for each link.
Stage cleanup() {
  return {.passes = {FoldShapes{},        // first: constant shapes are what the others ask for
                     FoldConstants{},     // before identities: a computed 1 or 0 must be a constant to be neutral
                     FoldIf{},            // after constants: it asks for a known condition
                     RemoveIdentities{},  // before chains: what stands between two Reshapes or Transposes is often nothing
                     RemoveSequences{},   // before whatever looks at the tensors in them
                     RewriteGathers{},    // before views: it makes one
                     RewriteScatters{}, FoldReshapes{}, FoldMatmulReshapes{},
                     FoldConvReshapes{},  // after chains: they look for single Reshapes
                     FoldTransposes{},    // after Reshapes: it makes Reshapes of its own only where axes of size 1 move
                     MergeCommonSubexpressions{}},
          .rounds = 16};
}

/// Before weights are folded into one another: what becomes integer must still be quantized.
Stage quantization(const PassConfig& config) {
  Stage stage;
  if (config.float8_products) stage.passes.emplace_back(FuseFloat8Products{});
  if (not config.integer_products) return stage;
  stage.passes.emplace_back(FuseIntegerProducts{});                            // reads what the importer wrote, not what the others make
  if (config.unsigned_bytes) stage.passes.emplace_back(RewriteSignedBytes{});  // first: pairs stand together, and a Relu before them
  stage.passes.emplace_back(PropagateQuantization{});                          // before products: brings quantization next to them
  stage.passes.emplace_back(FuseQuantizedProducts{});
  stage.passes.emplace_back(FoldQuantizedWeights{});  // after products: they want the integers
  return stage;
}

/// Formulas are known by their numbers and single operators: before scales are folded and anything is fused.
Stage recognition() {
  return {.passes = {RewriteOneHotProducts{}, FuseLayerNormalization{}, FuseRmsNormalization{}, FuseInstanceNormalization{},
                     FuseGroupNormalization{},  // after instances: a group is an instance between two Reshapes
                     FuseGelu{}, FuseSilu{}, FuseHardSwish{}, FuseMish{},
                     FuseAttention{}}};  // a scale of its own may stand on the queries, so also before fold_scale
}

Stage weight_folding() {
  return {.passes = {FoldBatchnorm{},  // before scales: it makes them
                     FoldPad{}, FoldScale{}}};
}

/// After recognition, so that queries, keys and values are known by their Attention and not cut out of one product.
Stage merging(const PassConfig& config) {
  Stage stage;
  if (config.pack_attention) stage.passes.emplace_back(PackAttention{});  // before merges: it merges the products that it reads
  if (config.merge_parallel_matmuls) stage.passes.emplace_back(MergeParallelMatmuls{});
  if (config.merge_parallel_convs) stage.passes.emplace_back(MergeParallelConvs{});
  stage.passes.emplace_back(MergeStridedSlices{});
  stage.passes.emplace_back(MergeConcatPrefixes{});
  return stage;
}

/// Last: nothing looks into fused programs.
Stage fusion(const PassConfig& config) {
  Stage stage;
  if (config.float8_products) stage.passes.emplace_back(LowerFloat8{});
  // Here and not with the other products, because it asks for the number of rows.
  if (config.block_products) stage.passes.emplace_back(FuseBlockProducts{});
  if (config.integer_products) {
    stage.passes.emplace_back(SplitQuantizedProducts{});  // before quantization is lowered: it asks who quantizes
    stage.passes.emplace_back(LowerQuantization{});       // as programs, quantization fuses like everything else
  }
  stage.passes.emplace_back(FusePointwise{});  // whole programs first, because an anchor takes one
  stage.passes.emplace_back(FuseEpilogue{});
  return stage;
}

/// Each pass once, in order of its first run, with everything switched on.
std::vector<Pass> all_passes() {
  PassConfig everything;
  everything.merge_parallel_convs = true;
  everything.pack_attention = true;
  everything.unsigned_bytes = true;
  everything.float8_products = true;
  everything.block_products = true;
  std::vector<Pass> all;
  for (const Stage& stage : pipeline(everything))
    for (const Pass& pass : stage.passes)
      if (std::ranges::find(all, pass.name, &Pass::name) == all.end()) all.push_back(pass);
  return all;
}

}  // namespace

std::vector<Stage> pipeline(const PassConfig& config) {
  return {{.passes = {RemoveDead{}}},
          cleanup(),
          quantization(config),
          recognition(),
          weight_folding(),
          merging(config),
          cleanup(),
          fusion(config)};
}

void run(Graph& graph, const PassConfig& config) { run(graph, pipeline(config), config); }

void run_open(Graph& graph, const PassConfig& config) {
  std::vector<Stage> stages = pipeline(config);
  stages.pop_back();  // fusion
  run(graph, stages, config);
}

void clean(Graph& graph) { run(graph, std::vector<Stage>{{.passes = {RemoveDead{}}}, cleanup()}, ManagerConfig{}); }

std::vector<PassInfo> list() {
  std::vector<PassInfo> infos;
  for (const Pass& pass : all_passes()) infos.push_back({pass.name, pass.summary});
  return infos;
}

std::optional<Pass> find(std::string_view name) {
  const std::vector<Pass> all = all_passes();
  const auto found = std::ranges::find(all, name, &Pass::name);
  return found == all.end() ? std::nullopt : std::optional(*found);
}

}  // namespace burnish::passes
