// Errors of the C interface.
#include "base/error.h"
#include "capi/handles.h"

namespace burnish::capi {
namespace {

/// Handed out where not even an error could be allocated; never destroyed.
burnish_error& out_of_memory() {
  static burnish_error error{BURNISH_RESOURCE_EXHAUSTED, "no memory"};  // short enough to need none
  return error;
}

}  // namespace

int code_of(StatusCode code) {
  switch (code) {
    case StatusCode::ok: return 0;
    case StatusCode::invalid_argument: return BURNISH_INVALID_ARGUMENT;
    case StatusCode::out_of_range: return BURNISH_OUT_OF_RANGE;
    case StatusCode::unsupported: return BURNISH_UNSUPPORTED;
    case StatusCode::resource_exhausted: return BURNISH_RESOURCE_EXHAUSTED;
    case StatusCode::internal: return BURNISH_INTERNAL;
  }
  return BURNISH_INTERNAL;
}

burnish_error* make_error(int code, std::string_view message) noexcept {
  try {
    return new burnish_error{code, std::string(message)};  // owned by the caller of the C function
  } catch (...) { return &out_of_memory(); }
}

bool is_shared(const burnish_error* error) noexcept { return error == &out_of_memory(); }

void require(const void* pointer, std::string_view what) {
  if (pointer == nullptr) fail("{} is NULL", what);
}

}  // namespace burnish::capi

const char* burnish_error_message(const burnish_error* error) { return error == nullptr ? "" : error->message.c_str(); }
int burnish_error_code(const burnish_error* error) { return error == nullptr ? 0 : error->code; }

void burnish_error_destroy(burnish_error* error) {
  if (not burnish::capi::is_shared(error)) delete error;
}
