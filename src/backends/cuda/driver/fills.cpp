#include "backends/cuda/driver/fills.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "backends/cuda/driver/cuda_api.h"
#include "backends/cuda/driver/library.h"

namespace burnish::cuda {
namespace {

constexpr unsigned threads = 128, most_blocks = 256;

constexpr const char* source = R"(.version 7.0
.target sm_80
.address_size 64
.visible .entry fill(.param .u64 memory, .param .u32 word, .param .u32 count) {
  .reg .pred %end;
  .reg .b32 %at, %step, %count, %word, %r<4>;
  .reg .b64 %address, %offset;
  ld.param.u64 %address, [memory];
  ld.param.u32 %word, [word];
  ld.param.u32 %count, [count];
  mov.u32 %r1, %ctaid.x;
  mov.u32 %r2, %ntid.x;
  mov.u32 %r3, %tid.x;
  mad.lo.u32 %at, %r1, %r2, %r3;
  mov.u32 %r3, %nctaid.x;
  mul.lo.u32 %step, %r2, %r3;
next:
  setp.ge.u32 %end, %at, %count;
  @%end bra done;
  mul.wide.u32 %offset, %at, 4;
  add.u64 %offset, %offset, %address;
  st.global.u32 [%offset], %word;
  add.u32 %at, %at, %step;
  bra next;
done:
  ret;
}
)";

/// Functions of graphs in the form that all drivers since CUDA 12.0 have; headers rename them to newer ones with other parameters.
struct GraphApi {
  CUresult (*nodes)(CUgraph, CUgraphNode*, size_t*) = nullptr;
  CUresult (*type)(CUgraphNode, CUgraphNodeType*) = nullptr;
  CUresult (*memset_parameters)(CUgraphNode, CUDA_MEMSET_NODE_PARAMS*) = nullptr;
  CUresult (*before)(CUgraphNode, CUgraphNode*, size_t*) = nullptr;
  CUresult (*behind)(CUgraphNode, CUgraphNode*, size_t*) = nullptr;
  CUresult (*add_kernel)(CUgraphNode*, CUgraph, const CUgraphNode*, size_t, const CUDA_KERNEL_NODE_PARAMS*) = nullptr;
  CUresult (*connect)(CUgraph, const CUgraphNode*, const CUgraphNode*, size_t) = nullptr;
  CUresult (*destroy)(CUgraphNode) = nullptr;
  CUfunction fill = nullptr;  // last of all: set where nothing is missing
};

GraphApi load() noexcept try {
  static constexpr std::array<std::string_view, 2> names{"libcuda.so.1", "libcuda.so"};
  const Library library(names);
  GraphApi api;
  std::string missing;
  load_symbol(library, "cuGraphGetNodes", api.nodes, missing);
  load_symbol(library, "cuGraphNodeGetType", api.type, missing);
  load_symbol(library, "cuGraphMemsetNodeGetParams", api.memset_parameters, missing);
  load_symbol(library, "cuGraphNodeGetDependencies", api.before, missing);
  load_symbol(library, "cuGraphNodeGetDependentNodes", api.behind, missing);
  load_symbol(library, "cuGraphAddKernelNode_v2", api.add_kernel, missing);
  load_symbol(library, "cuGraphAddDependencies", api.connect, missing);
  load_symbol(library, "cuGraphDestroyNode", api.destroy, missing);
  if (not missing.empty()) return api;
  CUmodule module = nullptr;  // lives as long as the process
  if (cuda_api().cuModuleLoadData(&module, source) == CUDA_SUCCESS) cuda_api().cuModuleGetFunction(&api.fill, module, "fill");
  return api;
} catch (const std::exception&) { return {}; }

using Neighbours = CUresult (*)(CUgraphNode, CUgraphNode*, size_t*);
bool list(Neighbours neighbours, CUgraphNode node, std::vector<CUgraphNode>& found) {
  size_t count = 0;
  if (neighbours(node, nullptr, &count) != CUDA_SUCCESS) return false;
  found.resize(count);
  return count == 0 or neighbours(node, found.data(), &count) == CUDA_SUCCESS;
}

/// The value of a word made of repeated elements.
uint32_t word_of(const CUDA_MEMSET_NODE_PARAMS& fill) {
  if (fill.elementSize == 1) return (fill.value & 0xffU) * 0x01010101U;
  if (fill.elementSize == 2) return (fill.value & 0xffffU) * 0x00010001U;
  return fill.value;
}

void replace(const GraphApi& api, CUgraph graph, CUgraphNode node) {
  CUDA_MEMSET_NODE_PARAMS fill = {};
  if (api.memset_parameters(node, &fill) != CUDA_SUCCESS or fill.height != 1) return;
  const uint64_t bytes = fill.width * fill.elementSize;
  if (bytes == 0 or bytes % 4 != 0 or fill.dst % 4 != 0 or bytes / 4 > INT32_MAX) return;
  std::vector<CUgraphNode> before, behind;
  if (not list(api.before, node, before) or not list(api.behind, node, behind)) return;
  uint32_t word = word_of(fill), count = static_cast<uint32_t>(bytes / 4);
  std::array<void*, 3> arguments{&fill.dst, &word, &count};
  CUDA_KERNEL_NODE_PARAMS kernel = {};
  kernel.func = api.fill;
  kernel.gridDimX = std::min((count + threads - 1) / threads, most_blocks);
  kernel.gridDimY = kernel.gridDimZ = kernel.blockDimY = kernel.blockDimZ = 1;
  kernel.blockDimX = threads;
  kernel.kernelParams = arguments.data();
  CUgraphNode made = nullptr;
  if (api.add_kernel(&made, graph, before.data(), before.size(), &kernel) != CUDA_SUCCESS) return;
  const std::vector<CUgraphNode> from(behind.size(), made);
  const bool connected = behind.empty() or api.connect(graph, from.data(), behind.data(), behind.size()) == CUDA_SUCCESS;
  api.destroy(connected ? node : made);
}

}  // namespace

void replace_fills(CUgraph graph) noexcept try {
  static const GraphApi api = load();
  if (api.fill == nullptr) return;
  size_t count = 0;
  if (api.nodes(graph, nullptr, &count) != CUDA_SUCCESS or count == 0) return;
  std::vector<CUgraphNode> nodes(count);
  if (api.nodes(graph, nodes.data(), &count) != CUDA_SUCCESS) return;
  for (const CUgraphNode node : nodes) {
    CUgraphNodeType type = CU_GRAPH_NODE_TYPE_EMPTY;
    if (api.type(node, &type) == CUDA_SUCCESS and type == CU_GRAPH_NODE_TYPE_MEMSET) replace(api, graph, node);
  }
} catch (const std::bad_alloc&) {
  // The graph is as it was, or has some fills less.
}

}  // namespace burnish::cuda
