// burnish._core.build: options from Python, the interpreter's lock free, progress and signals seen while building.
#include <nanobind/stl/filesystem.h>
#include <nanobind/stl/map.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include <optional>

#include "base/error.h"
#include "burnish/build.h"
#include "errors.h"
#include "logging.h"

namespace burnish::python {
namespace {

/// Tells Python how far the build is, lets Ctrl-C through, and remembers which stage it is in. What Python raises stops the build.
class Watch {
 public:
  explicit Watch(nb::object callback) : callback_(std::move(callback)) {}

  bool operator()(std::string_view phase, size_t done, size_t total) {
    if (phase != "timing") stage_ = done < total ? std::string(phase) : std::string();
    const nb::gil_scoped_acquire lock;
    if (raised_) return false;
    try {
      if (PyErr_CheckSignals() != 0) throw nb::python_error();
      if (not callback_.is_none()) {
        const nb::object answer = callback_(nb::str(phase.data(), phase.size()), done, total);
        return not answer.is(nb::handle(Py_False));
      }
    } catch (nb::python_error& error) {
      raised_.emplace(std::move(error));
      return false;
    }
    return true;
  }

  const std::string& stage() const { return stage_; }
  std::optional<nb::python_error>& raised() { return raised_; }

 private:
  nb::object callback_;
  std::string stage_;
  std::optional<nb::python_error> raised_;
};

DType permitted_type(const std::string& name) {
  const auto dtype = dtype_from_name(name);
  if (not dtype) fail("there is no element type `{}`", name);
  return *dtype;
}

BuildConfig config_of(const nb::dict& options) {
  BuildConfig config;
  for (const auto& [key, value] : options) {
    const auto name = nb::cast<std::string>(key);
    if (name == "backend") config.backend = nb::cast<std::string>(value);
    else if (name == "threads") config.threads = nb::cast<int>(value);
    else if (name == "default_dimension") config.default_dimension = nb::cast<int64_t>(value);
    else if (name == "min_cosine") config.min_cosine = nb::cast<double>(value);
    else if (name == "optimization_level") config.optimization_level = nb::cast<int>(value);
    else if (name == "timing_cache") config.timing_cache = nb::cast<std::filesystem::path>(value);
    else if (name == "choices") config.choices = nb::cast<std::string>(value);
    else if (name == "force_tactic") config.force_tactic = nb::cast<std::string>(value);
    else if (name == "allow_hard_links") config.allow_hard_links = nb::cast<bool>(value);
    else if (name == "permitted")
      for (const nb::handle one : value) config.permitted.push_back(permitted_type(nb::cast<std::string>(one)));
    else if (name == "shapes")
      for (const auto& [input, range] : nb::cast<std::map<std::string, std::tuple<Dims, Dims, Dims>>>(value))
        config.shapes[input] = {std::get<0>(range), std::get<1>(range), std::get<2>(range)};
    else fail("there is no build option `{}`", name);
  }
  return config;
}

template <class Make>
Engine watched(BuildConfig config, const nb::object& progress, int log_level, const Make& make) {
  Watch watch(progress);
  config.logger = python_logger(log_level);
  config.progress = [&watch](std::string_view phase, size_t done, size_t total) { return watch(phase, done, total); };
  try {
    const nb::gil_scoped_release free;
    return make(config);
  } catch (const Error& error) {
    if (watch.raised()) throw std::move(*watch.raised());
    set_error(error, watch.stage());
  }
  throw nb::python_error();
}

Engine build_file(const std::filesystem::path& model, const nb::dict& options, const nb::object& progress, int log_level) {
  return watched(config_of(options), progress, log_level, [&](const BuildConfig& config) { return build(model, config); });
}

Engine build_bytes(const nb::bytes& model, const std::filesystem::path& folder, const nb::dict& options, const nb::object& progress,
                   int log_level) {
  const std::span bytes(static_cast<const std::byte*>(model.data()), model.size());
  return watched(config_of(options), progress, log_level, [&](const BuildConfig& config) { return build(bytes, config, folder); });
}

}  // namespace

void add_build(nb::module_& module) {
  module.def("build", build_file, nb::arg("path"), nb::arg("options"), nb::arg("progress").none(), nb::arg("log_level"));
  module.def("build_bytes", build_bytes, nb::arg("model"), nb::arg("folder"), nb::arg("options"), nb::arg("progress").none(),
             nb::arg("log_level"));
}

}  // namespace burnish::python
