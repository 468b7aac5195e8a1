// Fills in recorded graphs. Libraries clear their counters by memset, and a graph with a memset node among its kernels takes the driver several
// times as long to launch, and the GPU microseconds to get to and from it. Called by Gpu for every recording.
#pragma once

#include <cuda.h>

namespace burnish::cuda {

/// Puts a kernel in place of each memset node that fills whole words in one row. What cannot be replaced stays; the graph means the same.
void replace_fills(CUgraph graph) noexcept;

}  // namespace burnish::cuda
