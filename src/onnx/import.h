// Reads an ONNX model into a Graph: the first arrow of the compiler. Called by the builder, the command line and tests.
// Weights are borrowed from the file or from the parsed message wherever their form allows it, and keep that storage alive.
// Models are untrusted: whatever a file holds, the answer is a Graph or an Error with the file, the node and its operator;
// nothing outside the model's folder is ever opened.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "burnish/import_config.h"
#include "ir/graph.h"

namespace burnish::onnx {

struct ImportedModel {
  Graph graph;
  std::vector<std::pair<std::string, std::string>> metadata;  // the model's metadata_props, in order
  std::string producer;                                       // "pytorch 2.4"
  int64_t ir_version = 0;
  int64_t opset = 0;  // of the default domain; 0 where the model imports none
};

ImportedModel import_model(const std::filesystem::path& file, const ImportConfig& config = {});

/// A model in memory. External data is looked for in `folder`; an empty path is the working directory.
ImportedModel import_model(std::span<const std::byte> bytes, const std::filesystem::path& folder, const ImportConfig& config = {});

}  // namespace burnish::onnx
