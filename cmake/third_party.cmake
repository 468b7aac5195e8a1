# Everything that is not ours. Found, never copied: from the system's packages, or from what `./dev setup` put into .deps/.
set(BURNISH_DEPS ${PROJECT_SOURCE_DIR}/.deps CACHE PATH "Where ./dev setup put pinned wheels")

# Where wheels are unpacked: by ./dev setup, or, while pip builds ours, where it put what pyproject.toml asks for.
set(BURNISH_WHEELS ${BURNISH_DEPS}/venv)
if(SKBUILD)
  execute_process(
    COMMAND ${Python_EXECUTABLE} -c "import importlib.util, pathlib; print(pathlib.Path(importlib.util.find_spec('onnx').origin).parents[4])"
    OUTPUT_VARIABLE BURNISH_WHEELS OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
endif()

set(THREADS_PREFER_PTHREAD_FLAG ON)
find_package(Threads REQUIRED)
find_package(OpenMP REQUIRED COMPONENTS CXX)
find_package(fmt REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(CLI11 REQUIRED)

find_path(XXHASH_INCLUDE xxhash.h REQUIRED)
add_library(burnish_xxhash INTERFACE)
target_include_directories(burnish_xxhash SYSTEM INTERFACE ${XXHASH_INCLUDE})

# ONNX: the format's own definition, from the pinned onnx package. The room onnx compiles it and writes #include "onnx/onnx.pb.h".
find_package(Protobuf REQUIRED)
file(GLOB onnx_package ${BURNISH_WHEELS}/lib/python3*/site-packages)
find_file(ONNX_PROTO onnx/onnx.proto PATHS ${onnx_package} NO_DEFAULT_PATH)
if(NOT ONNX_PROTO)
  message(FATAL_ERROR "onnx/onnx.proto is not under ${BURNISH_DEPS}: run ./dev setup, or set ONNX_PROTO")
endif()
cmake_path(GET ONNX_PROTO PARENT_PATH onnx_proto_root)
cmake_path(GET onnx_proto_root PARENT_PATH onnx_proto_root)
set(generated ${PROJECT_BINARY_DIR}/generated)
file(MAKE_DIRECTORY ${generated}/onnx_proto ${generated}/engine_schema/engine)
add_custom_command(
  OUTPUT ${generated}/onnx_proto/onnx/onnx.pb.cc ${generated}/onnx_proto/onnx/onnx.pb.h
  COMMAND protobuf::protoc --proto_path=${onnx_proto_root} --cpp_out=${generated}/onnx_proto ${ONNX_PROTO}
  DEPENDS ${ONNX_PROTO}
  COMMENT "Generating onnx/onnx.pb.h"
  VERBATIM)
set(ONNX_PROTO_SOURCE ${generated}/onnx_proto/onnx/onnx.pb.cc)
set_source_files_properties(${ONNX_PROTO_SOURCE} PROPERTIES COMPILE_OPTIONS -w)
add_library(burnish_onnx_proto INTERFACE)
target_include_directories(burnish_onnx_proto SYSTEM INTERFACE ${generated}/onnx_proto)
target_link_libraries(burnish_onnx_proto INTERFACE protobuf::libprotobuf)

# The engine file's schema. The room engine writes #include "engine/<schema>_generated.h".
find_program(FLATC flatc REQUIRED)
file(GLOB schemas CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/engine/*.fbs)
set(schema_headers)
foreach(schema IN LISTS schemas)
  cmake_path(GET schema STEM stem)
  set(header ${generated}/engine_schema/engine/${stem}_generated.h)
  add_custom_command(
    OUTPUT ${header}
    COMMAND ${FLATC} --cpp --cpp-std c++17 --scoped-enums -o ${generated}/engine_schema/engine ${schema}
    DEPENDS ${schemas}
    COMMENT "Generating engine/${stem}_generated.h"
    VERBATIM)
  list(APPEND schema_headers ${header})
endforeach()
find_path(FLATBUFFERS_INCLUDE flatbuffers/flatbuffers.h REQUIRED)
add_custom_target(burnish_engine_headers DEPENDS ${schema_headers})
add_library(burnish_engine_schema INTERFACE)
target_include_directories(burnish_engine_schema SYSTEM INTERFACE ${generated}/engine_schema ${FLATBUFFERS_INCLUDE})
add_dependencies(burnish_engine_schema burnish_engine_headers)

# oneDNN 3.2 or newer: a system's own first, else the pinned wheel, whose library is put beside ours. Used by src/backends/cpu alone.
find_package(dnnl 3.2 CONFIG QUIET PATHS ${BURNISH_WHEELS})
if(dnnl_FOUND)
  set_target_properties(DNNL::dnnl PROPERTIES MAP_IMPORTED_CONFIG_DEBUG Release)
  get_target_property(dnnl_library DNNL::dnnl IMPORTED_LOCATION_RELEASE)
  cmake_path(IS_PREFIX BURNISH_WHEELS "${dnnl_library}" NORMALIZE dnnl_is_wheel)
  if(dnnl_is_wheel)
    file(MAKE_DIRECTORY ${CMAKE_LIBRARY_OUTPUT_DIRECTORY})
    file(COPY_FILE "${dnnl_library}" ${CMAKE_LIBRARY_OUTPUT_DIRECTORY}/libdnnl.so.3 ONLY_IF_DIFFERENT)
  endif()
endif()
find_package(hwy CONFIG REQUIRED)

# Everything generated, for tools that read sources without building them.
add_custom_target(generated DEPENDS ${ONNX_PROTO_SOURCE} ${schema_headers})
