// The products of one attention: what a request and a variant ask of oneDNN, block of queries by block of queries. Made by the tactic to see whether
// oneDNN has fast products, and by its kernel. Nothing here runs anything.
#pragma once

#include <optional>
#include <vector>

#include "backends/cpu/kernels/attention/attention_rows.h"
#include "backends/cpu/onednn/onednn.h"

namespace burnish::cpu::onednn {

/// Rows of queries that are taken at a time: as many as leave their scores in the cache.
int64_t rows_of_block(const AttentionProblem& problem);

/// The two products for one block of `rows` queries. The scores come `chunk` columns at a time, the last time fewer.
struct AttentionProducts {
  std::vector<dnnl::matmul::primitive_desc> scores;
  int64_t chunk = 0;
  dnnl::matmul::primitive_desc result;
};

/// Nothing where oneDNN refuses one.
std::optional<AttentionProducts> attention_products(const AttentionProblem& problem, int64_t rows);

}  // namespace burnish::cpu::onednn
