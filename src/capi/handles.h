// What the opaque handles of the C interface hold, and the guard that turns exceptions into error objects.
// Included by the files of this room alone. Nothing here throws past `guarded`.
#pragma once

#include <new>
#include <string>
#include <string_view>

#include "burnish/build.h"
#include "burnish/c.h"

struct burnish_error {
  int code = BURNISH_INTERNAL;
  std::string message;
};

struct burnish_build_options {
  burnish::BuildConfig config;
};

struct burnish_engine {
  burnish::Engine engine;
};

struct burnish_session {
  burnish::Engine engine;
  burnish::Session session;
};

namespace burnish::capi {

int code_of(StatusCode code);
/// Never fails: without memory it returns the one error that needs none.
burnish_error* make_error(int code, std::string_view message) noexcept;
bool is_shared(const burnish_error* error) noexcept;

/// Runs `work`; whatever it throws becomes the returned error.
template <class Work>
burnish_error* guarded(const Work& work) noexcept {
  try {
    work();
    return nullptr;
  } catch (const Error& error) { return make_error(code_of(error.code()), error.what()); } catch (const std::bad_alloc&) {
    return make_error(BURNISH_RESOURCE_EXHAUSTED, "there is not enough memory");
  } catch (const std::exception& error) { return make_error(BURNISH_INTERNAL, error.what()); } catch (...) {
    return make_error(BURNISH_INTERNAL, "an unknown exception");
  }
}

/// Throws Error where a pointer that must not be is NULL.
void require(const void* pointer, std::string_view what);

}  // namespace burnish::capi
