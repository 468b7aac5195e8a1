// What a model file says about itself, content hashes for caches, and the devices of this machine.
#include <dlfcn.h>

#include <nanobind/stl/filesystem.h>
#include <nanobind/stl/string.h>

#include "arrays.h"
#include "base/file.h"
#include "base/hash.h"
#include "onnx/summary.h"
#include "tactics/registry.h"

namespace burnish::python {
namespace {

nb::dict dict_of(const onnx::DeclaredPort& port) {
  nb::dict made;
  made["name"] = port.name;
  made["type"] = port.type;
  if (not port.dims) {
    made["shape"] = nb::none();
    return made;
  }
  nb::list shape;
  for (const onnx::DeclaredSize& size : *port.dims)
    if (size.value >= 0) shape.append(size.value);
    else if (not size.symbol.empty()) shape.append(size.symbol);
    else shape.append(nb::none());
  made["shape"] = shape;
  return made;
}

nb::list list_of(const std::vector<onnx::DeclaredPort>& ports) {
  nb::list made;
  for (const onnx::DeclaredPort& port : ports) made.append(dict_of(port));
  return made;
}

nb::dict dict_of(const onnx::ModelSummary& summary) {
  nb::dict made;
  made["inputs"] = list_of(summary.inputs);
  made["initialized_inputs"] = list_of(summary.initialized_inputs);
  made["outputs"] = list_of(summary.outputs);
  nb::dict metadata;
  for (const auto& [key, value] : summary.metadata) metadata[key.c_str()] = value;
  made["metadata"] = metadata;
  made["producer"] = summary.producer;
  made["producer_version"] = summary.producer_version;
  made["domain"] = summary.domain;
  made["description"] = summary.description;
  made["graph"] = summary.graph;
  made["graph_description"] = summary.graph_description;
  made["version"] = summary.version;
  nb::list files;
  for (const std::string& file : summary.external_files) files.append(file);
  made["external_files"] = files;
  return made;
}

nb::dict summarize_bytes(const nb::bytes& model) {
  const std::span bytes(static_cast<const std::byte*>(model.data()), model.size());
  onnx::ModelSummary summary;
  {
    const nb::gil_scoped_release free;
    summary = onnx::summarize(bytes);
  }
  return dict_of(summary);
}

nb::dict summarize_file(const std::filesystem::path& path) {
  onnx::ModelSummary summary;
  {
    const nb::gil_scoped_release free;
    summary = onnx::summarize(MappedFile(path).bytes());
  }
  return dict_of(summary);
}

std::string hash_bytes(const nb::bytes& data) {
  const std::span bytes(static_cast<const std::byte*>(data.data()), data.size());
  const nb::gil_scoped_release free;
  return text_of(hash_of(bytes));
}

std::string hash_file(const std::filesystem::path& path) {
  const nb::gil_scoped_release free;
  return text_of(hash_of(MappedFile(path).bytes()));
}

/// The file that holds the library: what it is made of tells builds of one version apart.
std::string library() {
  Dl_info found;
  int64_t (*const inside)(std::span<const int64_t>) = &element_count;
  if (dladdr(reinterpret_cast<const void*>(inside), &found) == 0) return {};
  return found.dli_fname;
}

nb::list devices() {
  nb::list made;
  for (const tactics::Backend* backend : tactics::registry().backends()) {
    nb::dict one;
    const std::string reason = backend->unavailable();
    one["backend"] = std::string(backend->name());
    one["unavailable"] = reason;
    if (reason.empty()) {
      one["fingerprint"] = backend->fingerprint();
      nb::dict description;
      for (const auto& [what, value] : backend->description()) description[what.c_str()] = value;
      one["description"] = description;
    }
    made.append(one);
  }
  return made;
}

}  // namespace

void add_model(nb::module_& module) {
  module.def("summarize", summarize_file, nb::arg("path"), "Inputs, outputs and metadata as the file declares them; nothing is imported.");
  module.def("summarize_bytes", summarize_bytes, nb::arg("model"));
  module.def("hash_file", hash_file, nb::arg("path"), "32 hexadecimal digits of the content.");
  module.def("hash_bytes", hash_bytes, nb::arg("data"));
  module.def("library", library, "Path of the library's file.");
  module.def("devices", devices, "Backends of this build: name, and fingerprint and description, or why it cannot be used.");
  module.def("default_backend", [] { return std::string(tactics::default_backend()); }, "What is built for where nobody names a backend.");
}

}  // namespace burnish::python
