# What the CPU backend is built with.
if(NOT dnnl_FOUND)
  message(FATAL_ERROR "oneDNN 3.2 or newer was not found: run ./dev setup, or set dnnl_DIR")
endif()
list(APPEND BACKEND_USES DNNL::dnnl hwy::hwy)

# Vector code is inlined so deeply that clang's branch analysis takes many minutes over the sanitizers' branches: one instruction set, and addresses alone.
if(BURNISH_FUZZ)
  file(GLOB vector_code CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/backends/cpu/simd/*.cpp)
  set_source_files_properties(${vector_code} PROPERTIES COMPILE_DEFINITIONS HWY_COMPILE_ONLY_STATIC COMPILE_OPTIONS "-fno-sanitize=undefined;-O0")
endif()
