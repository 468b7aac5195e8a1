#include "build_options.h"

#include <nanobind/stl/filesystem.h>
#include <nanobind/stl/map.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include "base/error.h"

namespace burnish::python {
namespace {

DType permitted_type(const std::string& name) {
  const auto dtype = dtype_from_name(name);
  if (not dtype) fail("there is no element type `{}`", name);
  return *dtype;
}

PrecisionConstraints constraints_of(const std::string& name) {
  if (name == "none") return PrecisionConstraints::none;
  if (name == "prefer") return PrecisionConstraints::prefer;
  if (name == "obey") return PrecisionConstraints::obey;
  fail("there are no precision constraints `{}`", name);
}

/// In the order of the dict.
std::vector<LayerTypes> layer_types_of(nb::handle layers) {
  std::vector<LayerTypes> entries;
  for (const auto& [layer, types] : nb::cast<nb::dict>(layers)) {
    LayerTypes& entry = entries.emplace_back(LayerTypes{nb::cast<std::string>(layer), {}});
    for (const nb::handle one : types) entry.types.push_back(permitted_type(nb::cast<std::string>(one)));
  }
  return entries;
}

}  // namespace

BuildConfig config_of(const nb::dict& options) {
  BuildConfig config;
  for (const auto& [key, value] : options) {
    const auto name = nb::cast<std::string>(key);
    if (name == "backend") config.backend = nb::cast<std::string>(value);
    else if (name == "threads") config.threads = nb::cast<int>(value);
    else if (name == "default_dimension") config.default_dimension = nb::cast<int64_t>(value);
    else if (name == "min_cosine") config.min_cosine = nb::cast<double>(value);
    else if (name == "layer_precisions") config.layers.precisions = layer_types_of(value);
    else if (name == "layer_output_types") config.layers.output_types = layer_types_of(value);
    else if (name == "precision_constraints") config.layers.constraints = constraints_of(nb::cast<std::string>(value));
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

}  // namespace burnish::python
