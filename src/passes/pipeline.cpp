// The pipeline: read from top to bottom. A sentence stands wherever the order matters.
#include "passes/pipeline.h"

#include <algorithm>

#include "passes/fold_batchnorm.h"
#include "passes/fold_constants.h"
#include "passes/fold_matmul_reshapes.h"
#include "passes/fold_pad.h"
#include "passes/fold_reshapes.h"
#include "passes/fold_scale.h"
#include "passes/fold_shapes.h"
#include "passes/fold_transposes.h"
#include "passes/fuse_attention.h"
#include "passes/fuse_epilogue.h"
#include "passes/fuse_gelu.h"
#include "passes/fuse_group_normalization.h"
#include "passes/fuse_hard_swish.h"
#include "passes/fuse_instance_normalization.h"
#include "passes/fuse_layer_normalization.h"
#include "passes/fuse_mish.h"
#include "passes/fuse_pointwise.h"
#include "passes/fuse_rms_normalization.h"
#include "passes/fuse_silu.h"
#include "passes/merge_common_subexpressions.h"
#include "passes/merge_concat_prefixes.h"
#include "passes/merge_parallel_convs.h"
#include "passes/merge_parallel_matmuls.h"
#include "passes/remove_dead.h"
#include "passes/remove_identities.h"

namespace burnish::passes {
namespace {

void add(std::vector<Pass>& all, std::vector<Pass> more) { all.insert(all.end(), more.begin(), more.end()); }

/// Brings different spellings of the same thing to one form. What one of these folds, the next can see through.
std::vector<Pass> cleanup() {
  return {
      FoldShapes{},        // first: constant shapes are what the others ask for
      FoldConstants{},     // before identities: a computed 1 or 0 must be a constant to be neutral
      RemoveIdentities{},  // before chains: what stands between two Reshapes or Transposes is often nothing
      FoldReshapes{},
      FoldMatmulReshapes{},  // needs single Reshapes
      FoldTransposes{},    // after Reshapes: it makes Reshapes of its own only where axes of size 1 move
      MergeCommonSubexpressions{},
  };
}

}  // namespace

std::vector<Pass> pipeline(const PassConfig& config) {
  std::vector<Pass> all;
  add(all, {RemoveDead{}});
  add(all, cleanup());
  // Twice, because constants that fold late (a mask, a window's indices) uncover identities and equal chains.
  add(all, cleanup());

  // Recognition comes before scales are folded, because formulas are known by their numbers.
  add(all, {
               FuseLayerNormalization{},
               FuseRmsNormalization{},
               FuseInstanceNormalization{},
               FuseGroupNormalization{},  // after instances: a group is an instance between two Reshapes
               FuseGelu{},
               FuseSilu{},
               FuseHardSwish{},
               FuseMish{},
               FuseAttention{},  // before scales too: its own may stand on the queries
           });

  add(all, {
               FoldBatchnorm{},  // before scales: it makes them
               FoldPad{},
               FoldScale{},
           });
  if (config.merge_parallel_matmuls) add(all, {MergeParallelMatmuls{}});  // after attention, whose inputs it merges
  if (config.merge_parallel_convs) add(all, {MergeParallelConvs{}});
  add(all, cleanup());
  add(all, {MergeConcatPrefixes{}});

  add(all, {
               FusePointwise{},  // after recognition, which looks for single operators
               FuseEpilogue{},   // last: nothing looks into fused nodes
           });
  return all;
}

void run(Graph& graph, const PassConfig& config) { run(graph, pipeline(config), config); }

std::vector<PassInfo> list() {
  std::vector<PassInfo> infos;
  PassConfig everything;
  everything.merge_parallel_convs = true;
  for (const Pass& pass : pipeline(everything))
    if (std::ranges::find(infos, pass.name, &PassInfo::name) == infos.end()) infos.push_back({pass.name, pass.summary});
  return infos;
}

std::optional<Pass> find(std::string_view name) {
  PassConfig everything;
  everything.merge_parallel_convs = true;
  const std::vector<Pass> all = pipeline(everything);
  const auto found = std::ranges::find(all, name, &Pass::name);
  return found == all.end() ? std::nullopt : std::optional(*found);
}

}  // namespace burnish::passes
