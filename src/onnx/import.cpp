// The model reader's straight line: parse, survey, build.
#include "onnx/import.h"

#include <new>
#include <stdexcept>

#include "base/error.h"
#include "base/file.h"
#include "onnx/build.h"
#include "onnx/survey.h"

namespace burnish::onnx {
namespace {

ImportedModel import_with(proto::ModelProto& model, ExternalData external, const ImportConfig& config) {
  const Opsets opsets = opsets_of(model.opset_import());
  const FunctionTable functions(model);
  survey(model, opsets, functions);

  TensorReader tensors(external);
  ImportedModel imported;
  imported.graph = Builder(config, functions, tensors).main_graph(*model.mutable_graph(), opsets);
  for (const proto::StringStringEntryProto& entry : model.metadata_props()) imported.metadata.emplace_back(entry.key(), entry.value());
  imported.producer =
      model.producer_version().empty() ? model.producer_name() : fmt::format("{} {}", model.producer_name(), model.producer_version());
  imported.ir_version = model.ir_version();
  if (const auto version = opsets.find(""); version != opsets.end()) imported.opset = version->second;
  return imported;
}

/// A file can ask for any amount of memory; running out of it is the file's fault, not a crash.
template <class Work>
ImportedModel guarded(const std::string& what, Work&& work) {
  return in_context([&] { return fmt::format("importing {}", what); },
                    [&]() -> ImportedModel {
                      try {
                        return work();
                      } catch (const std::bad_alloc&) {
                        throw Error("the model needs more memory than there is", StatusCode::resource_exhausted);
                      } catch (const std::length_error&) {
                        throw Error("the model needs more memory than there is", StatusCode::resource_exhausted);
                      } catch (const Error&) { throw; } catch (const std::exception& error) {
                        throw Error(fmt::format("internal error: {}", error.what()), StatusCode::internal);
                      }
                    });
}

}  // namespace

ImportedModel import_model(const std::filesystem::path& file, const ImportConfig& config) {
  return guarded(file.string(), [&] {
    // The message holds a copy of what the file holds, so the map goes before the weights are touched.
    const std::unique_ptr<proto::ModelProto> model = parse_model(MappedFile(file).bytes());
    return import_with(*model, ExternalData(file.parent_path(), file, config.allow_hard_links), config);
  });
}

ImportedModel import_model(std::span<const std::byte> bytes, const std::filesystem::path& folder, const ImportConfig& config) {
  return guarded("a model in memory",
                 [&] { return import_with(*parse_model(bytes), ExternalData(folder, {}, config.allow_hard_links), config); });
}

}  // namespace burnish::onnx
