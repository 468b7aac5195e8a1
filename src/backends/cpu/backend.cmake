# What the CPU backend is built with.
if(NOT dnnl_FOUND)
  message(FATAL_ERROR "oneDNN 3.2 or newer was not found: run ./dev setup, or set dnnl_DIR")
endif()
list(APPEND BACKEND_USES DNNL::dnnl hwy::hwy)
