// burnish._core.build.
#include <nanobind/stl/filesystem.h>

#include "build_options.h"

namespace burnish::python {
namespace {

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
