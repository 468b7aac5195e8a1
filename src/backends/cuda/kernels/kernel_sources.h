// The sources that tactics of this folder generate for a variant, and what of them depends on nothing but request and variant: tests compile
// them for every generation without a GPU.
#pragma once

#include <string>

#include "tactics/tactic.h"

namespace burnish::cuda {

std::string attention_source(const tactics::OpRequest& request, const tactics::Variant& variant);
/// The type in which queries, keys and values are stored; constants are brought to it.
DType attention_storage(const tactics::OpRequest& request, const tactics::Variant& variant);

std::string packed_attention_source(const tactics::OpRequest& request, const tactics::Variant& variant);

std::string pool_source(const tactics::OpRequest& request, const tactics::Variant& variant);
std::string conv_direct_source(const tactics::OpRequest& request, const tactics::Variant& variant);
std::string depthwise_source(const tactics::OpRequest& request, const tactics::Variant& variant);

}  // namespace burnish::cuda
