// Build options and builds of the C interface.
#include <span>

#include "base/error.h"
#include "capi/handles.h"

using burnish::capi::guarded;
using burnish::capi::require;

namespace {

const burnish::BuildConfig& config_of(const burnish_build_options* options) {
  static const burnish::BuildConfig standard;
  return options == nullptr ? standard : options->config;
}

}  // namespace

burnish_error* burnish_build_options_create(burnish_build_options** options) {
  return guarded([&] {
    require(options, "options");
    *options = new burnish_build_options;
  });
}

void burnish_build_options_destroy(burnish_build_options* options) { delete options; }

burnish_error* burnish_build_options_set_shape(burnish_build_options* options, const char* input, const int64_t* dims, size_t rank) {
  return guarded([&] {
    require(options, "options");
    require(input, "input");
    if (rank > 0) require(dims, "dims");
    const burnish::Dims shape(dims, dims + rank);
    options->config.shapes[input] = {shape, shape, shape};
  });
}

burnish_error* burnish_build_options_set_shape_range(burnish_build_options* options, const char* input, const int64_t* min,
                                                     const int64_t* opt, const int64_t* max, size_t rank) {
  return guarded([&] {
    require(options, "options");
    require(input, "input");
    if (rank > 0) {
      require(min, "min");
      require(opt, "opt");
      require(max, "max");
    }
    options->config.shapes[input] = {{min, min + rank}, {opt, opt + rank}, {max, max + rank}};
  });
}

burnish_error* burnish_build_options_set_backend(burnish_build_options* options, const char* backend) {
  return guarded([&] {
    require(options, "options");
    require(backend, "backend");
    options->config.backend = backend;
  });
}

burnish_error* burnish_build_options_set_threads(burnish_build_options* options, int threads) {
  return guarded([&] {
    require(options, "options");
    if (threads < 0) burnish::fail("{} threads: 0 means all cores", threads);
    options->config.threads = threads;
  });
}

burnish_error* burnish_build_options_permit(burnish_build_options* options, burnish_dtype storage) {
  return guarded([&] {
    require(options, "options");
    if (storage != BURNISH_F16 and storage != BURNISH_BF16) burnish::fail("only BURNISH_F16 and BURNISH_BF16 can be permitted as storage");
    options->config.permitted.push_back(static_cast<burnish::DType>(storage));
  });
}

burnish_error* burnish_build_options_set_min_cosine(burnish_build_options* options, double cosine) {
  return guarded([&] {
    require(options, "options");
    if (not(cosine >= 0 and cosine <= 1)) burnish::fail("a cosine of {} is outside 0 to 1", cosine);
    options->config.min_cosine = cosine;
  });
}

burnish_error* burnish_build_options_set_level(burnish_build_options* options, int level) {
  return guarded([&] {
    require(options, "options");
    if (level < 0 or level > 5) burnish::fail("level {} is outside 0 to 5", level);
    options->config.optimization_level = level;
  });
}

burnish_error* burnish_build_options_set_timing_cache(burnish_build_options* options, const char* path) {
  return guarded([&] {
    require(options, "options");
    require(path, "path");
    options->config.timing_cache = path;
  });
}

burnish_error* burnish_build_options_set_choices(burnish_build_options* options, const char* text) {
  return guarded([&] {
    require(options, "options");
    require(text, "text");
    options->config.choices = text;
  });
}

burnish_error* burnish_build_options_set_logger(burnish_build_options* options, burnish_logger logger, void* user) {
  return guarded([&] {
    require(options, "options");
    options->config.logger = nullptr;
    if (logger == nullptr) return;
    options->config.logger = [logger, user](burnish::Severity severity, std::string_view message) {
      logger(user, static_cast<int>(severity), std::string(message).c_str());
    };
  });
}

burnish_error* burnish_build_from_file(const char* model, const burnish_build_options* options, burnish_engine** engine) {
  return guarded([&] {
    require(model, "model");
    require(engine, "engine");
    *engine = new burnish_engine{burnish::build(model, config_of(options))};
  });
}

burnish_error* burnish_build_from_memory(const void* model, size_t bytes, const char* folder, const burnish_build_options* options,
                                         burnish_engine** engine) {
  return guarded([&] {
    require(model, "model");
    require(engine, "engine");
    *engine = new burnish_engine{
        burnish::build(std::span(static_cast<const std::byte*>(model), bytes), config_of(options), folder == nullptr ? "" : folder)};
  });
}
