# What the CPU backend is built with.
list(APPEND BACKEND_USES DNNL::dnnl hwy::hwy)
