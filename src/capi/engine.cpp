// Engines and sessions of the C interface, and the versions.
#include <algorithm>

#include "base/error.h"
#include "burnish/version.h"
#include "capi/handles.h"
#include "engine/engine_data.h"

using burnish::capi::guarded;
using burnish::capi::require;

static_assert(BURNISH_C128 + 1 == burnish::dtype_count, "the C interface names every element type");

namespace {

void describe(std::span<const burnish::TensorInfo> infos, size_t index, std::string_view what, burnish_tensor_info* to) {
  require(to, "info");
  if (index >= infos.size()) burnish::fail("there is no {} {}: the network has {}", what, index, infos.size());
  const burnish::TensorInfo& from = infos[index];
  *to = {from.name.c_str(), static_cast<burnish_dtype>(from.dtype), from.dims.size(), from.dims.data(), from.format.c_str(), from.bytes};
}

const burnish::TensorInfo& info_at(std::span<const burnish::TensorInfo> infos, size_t index, std::string_view what) {
  if (index >= infos.size()) burnish::fail("there is no {} {}: the network has {}", what, index, infos.size());
  return infos[index];
}

/// `dims` are those of the session; nothing where nobody knows them.
void check_buffer(const burnish::TensorInfo& info, const std::optional<burnish::Dims>& dims, const void* data, size_t bytes,
                  std::string_view what) {
  if (not dims) burnish::fail("{} `{}` has no sizes yet, so that no memory can be bound for it", what, info.name);
  const size_t needed =
      *dims == info.dims ? info.bytes : static_cast<size_t>(burnish::element_count(*dims)) * burnish::byte_size(info.dtype);
  if (bytes != needed) burnish::fail("{} `{}` takes {} bytes, got {}", what, info.name, needed, bytes);
  if (bytes > 0) require(data, "data");
}

}  // namespace

uint32_t burnish_c_api_version(void) { return BURNISH_C_API_VERSION; }
const char* burnish_version(void) { return burnish::version_text().data(); }

burnish_error* burnish_engine_open(const char* path, int threads, burnish_engine** engine) {
  return guarded([&] {
    require(path, "path");
    require(engine, "engine");
    *engine = new burnish_engine{burnish::Engine::open(path, {.threads = threads, .logger = {}})};
  });
}

burnish_error* burnish_engine_open_memory(const void* data, size_t bytes, int threads, burnish_engine** engine) {
  return guarded([&] {
    require(data, "data");
    require(engine, "engine");
    *engine = new burnish_engine{
        burnish::Engine::open(std::span(static_cast<const std::byte*>(data), bytes), {.threads = threads, .logger = {}})};
  });
}

burnish_error* burnish_engine_save(const burnish_engine* engine, const char* path) {
  return guarded([&] {
    require(engine, "engine");
    require(path, "path");
    engine->engine.save(path);
  });
}

void burnish_engine_destroy(burnish_engine* engine) { delete engine; }

size_t burnish_engine_input_count(const burnish_engine* engine) { return engine == nullptr ? 0 : engine->engine.inputs().size(); }
size_t burnish_engine_output_count(const burnish_engine* engine) { return engine == nullptr ? 0 : engine->engine.outputs().size(); }

burnish_error* burnish_engine_input(const burnish_engine* engine, size_t index, burnish_tensor_info* info) {
  return guarded([&] {
    require(engine, "engine");
    describe(engine->engine.inputs(), index, "input", info);
  });
}

burnish_error* burnish_engine_output(const burnish_engine* engine, size_t index, burnish_tensor_info* info) {
  return guarded([&] {
    require(engine, "engine");
    describe(engine->engine.outputs(), index, "output", info);
  });
}

int burnish_engine_threads(const burnish_engine* engine) { return engine == nullptr ? 0 : engine->engine.threads(); }
size_t burnish_engine_session_bytes(const burnish_engine* engine) { return engine == nullptr ? 0 : engine->engine.arena_bytes(); }
const char* burnish_engine_choices(const burnish_engine* engine) { return engine == nullptr ? "" : engine->engine.data().choices.c_str(); }
const char* burnish_engine_report(const burnish_engine* engine) { return engine == nullptr ? "" : engine->engine.data().report.c_str(); }

burnish_error* burnish_session_create(const burnish_engine* engine, burnish_session** session) {
  return guarded([&] {
    require(engine, "engine");
    require(session, "session");
    *session = new burnish_session{engine->engine, burnish::Session(engine->engine)};
  });
}

void burnish_session_destroy(burnish_session* session) { delete session; }

burnish_error* burnish_session_bind_input(burnish_session* session, size_t index, const void* data, size_t bytes) {
  return guarded([&] {
    require(session, "session");
    const burnish::TensorInfo& info = info_at(session->engine.inputs(), index, "input");
    check_buffer(info, session->session.input_dims(index), data, bytes, "input");
    session->session.bind_input(index, data);
  });
}

burnish_error* burnish_session_bind_output(burnish_session* session, size_t index, void* data, size_t bytes) {
  return guarded([&] {
    require(session, "session");
    const burnish::TensorInfo& info = info_at(session->engine.outputs(), index, "output");
    check_buffer(info, session->session.output_dims(index), data, bytes, "output");
    session->session.bind_output(index, data);
  });
}

burnish_error* burnish_session_set_input_dims(burnish_session* session, size_t index, const int64_t* dims, size_t rank) {
  return guarded([&] {
    require(session, "session");
    if (rank > 0) require(dims, "dims");
    info_at(session->engine.inputs(), index, "input");
    session->session.set_input_dims(index, std::span(dims, rank));
  });
}

burnish_error* burnish_session_output_dims(burnish_session* session, size_t index, int* known, int64_t* dims, size_t capacity,
                                           size_t* rank) {
  return guarded([&] {
    require(session, "session");
    require(known, "known");
    require(rank, "rank");
    info_at(session->engine.outputs(), index, "output");
    const std::optional<burnish::Dims> found = session->session.output_dims(index);
    *known = found ? 1 : 0;
    *rank = found ? found->size() : 0;
    for (size_t i = 0; i < std::min(capacity, *rank); ++i) dims[i] = (*found)[i];
  });
}

burnish_error* burnish_session_output(burnish_session* session, size_t index, const void** data, const int64_t** dims, size_t* rank) {
  return guarded([&] {
    require(session, "session");
    require(data, "data");
    require(dims, "dims");
    require(rank, "rank");
    const burnish::TensorInfo& info = info_at(session->engine.outputs(), index, "output");
    const burnish::Tensor& output = session->session.output(index);
    if (not output.defined()) burnish::fail("output `{}` was not computed: run the session without memory bound for it", info.name);
    *data = output.data();
    *dims = output.dims().data();
    *rank = output.rank();
  });
}

burnish_error* burnish_session_run(burnish_session* session) {
  if (session == nullptr) return burnish::capi::make_error(BURNISH_INVALID_ARGUMENT, "session is NULL");
  const burnish::Status status = session->session.run();
  return status.is_ok() ? nullptr : burnish::capi::make_error(burnish::capi::code_of(status.code()), status.message());
}
