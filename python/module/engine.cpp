// burnish._core.Engine and TensorInfo.
#include <nanobind/stl/filesystem.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/string_view.h>

#include "arrays.h"
#include "logging.h"
#include "session.h"

namespace burnish::python {
namespace {

nb::tuple shape_of(const TensorInfo& info) {
  nb::list shape;
  for (size_t axis = 0; axis < info.dims.size(); ++axis) {
    const bool named = axis < info.dim_names.size() and not info.dim_names[axis].empty();
    if (info.dims[axis] >= 0) shape.append(info.dims[axis]);
    else if (named) shape.append(info.dim_names[axis]);
    else shape.append(nb::none());
  }
  return nb::tuple(shape);
}

nb::list list_of(std::span<const TensorInfo> infos) {
  nb::list list;
  for (const TensorInfo& info : infos) list.append(nb::cast(info));
  return list;
}

Engine open_file(const std::filesystem::path& path, int threads, int log_level) {
  const nb::gil_scoped_release free;
  return Engine::open(path, {.threads = threads, .logger = python_logger(log_level)});
}

Engine open_bytes(const nb::bytes& data, int threads, int log_level) {
  const std::span bytes(static_cast<const std::byte*>(data.data()), data.size());
  const nb::gil_scoped_release free;
  return Engine::open(bytes, {.threads = threads, .logger = python_logger(log_level)});
}

nb::bytes serialized(const Engine& engine) {
  std::vector<std::byte> bytes;
  {
    const nb::gil_scoped_release free;
    bytes = engine.serialize();
  }
  return nb::bytes(bytes.data(), bytes.size());
}

nb::dict metadata_of(const Engine& engine) {
  nb::dict made;
  for (const auto& [key, value] : engine.metadata()) made[key.c_str()] = value;
  return made;
}

}  // namespace

void add_engine(nb::module_& module) {
  nb::class_<TensorInfo>(module, "TensorInfo", "An input or output of a network.")
      .def_ro("name", &TensorInfo::name)
      .def_prop_ro(
          "dtype", [](const TensorInfo& info) { return name_of(info.dtype); }, "The element type: \"f32\", \"i64\", ...")
      .def_prop_ro(
          "numpy_dtype", [](const TensorInfo& info) { return numpy_dtype(info.dtype); }, "The numpy type of its arrays.")
      .def_prop_ro("shape", shape_of, "Sizes of the dimensions; the model's name, or None, where one is open.")
      .def_ro("format", &TensorInfo::format, "Storage type and order of axes, outermost first: \"f32:0123\".")
      .def_ro("bytes", &TensorInfo::bytes, "Bytes of its memory; 0 where a dimension is open.")
      .def("__repr__", [](const TensorInfo& info) {
        return nb::str("TensorInfo({!r}, {}, shape={})").attr("format")(info.name, std::string(name_of(info.dtype)), shape_of(info));
      });
  nb::class_<Engine>(module, "Engine", "A built network; `burnish.Engine` wraps it.")
      .def_static("open", open_file, nb::arg("path"), nb::arg("threads"), nb::arg("log_level"))
      .def_static("open_bytes", open_bytes, nb::arg("data"), nb::arg("threads"), nb::arg("log_level"))
      .def("save", &Engine::save, nb::arg("path"), nb::call_guard<nb::gil_scoped_release>())
      .def("serialize", serialized)
      .def(
          "session", [](const Engine& engine, bool graphs) { return new Runner(engine, {.fill_arena = -1, .graphs = graphs}); },
          nb::arg("graphs"))
      .def_prop_ro("name", [](const Engine& engine) { return engine.name(); })
      .def_prop_ro("producer", [](const Engine& engine) { return engine.producer(); })
      .def_prop_ro("inputs", [](const Engine& engine) { return list_of(engine.inputs()); })
      .def_prop_ro("outputs", [](const Engine& engine) { return list_of(engine.outputs()); })
      .def_prop_ro("metadata", metadata_of)
      .def_prop_ro("threads", &Engine::threads)
      .def_prop_ro("arena_bytes", &Engine::arena_bytes)
      .def_prop_ro("arena_lower_bound", &Engine::arena_lower_bound)
      .def_prop_ro("choices", [](const Engine& engine) { return engine.choices(); })
      .def_prop_ro("report", [](const Engine& engine) { return engine.report(); });
}

}  // namespace burnish::python
