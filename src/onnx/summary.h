// What a model says about itself: inputs, outputs and metadata as declared, and the files it needs. Nothing is imported or inferred.
// Called by interfaces that show a model before an engine exists. It never opens another file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace burnish::onnx {

struct DeclaredSize {
  int64_t value = -1;  // negative: open
  std::string symbol;
};

struct DeclaredPort {
  std::string name;
  std::string type;  // ONNX's own words: "tensor(float)", "seq(tensor(int64))"; empty where nothing is declared
  std::optional<std::vector<DeclaredSize>> dims;
};

struct ModelSummary {
  std::vector<DeclaredPort> inputs;              // those that have to be given
  std::vector<DeclaredPort> initialized_inputs;  // those with a value of their own
  std::vector<DeclaredPort> outputs;
  std::vector<std::pair<std::string, std::string>> metadata;
  std::string producer, producer_version, domain, description, graph, graph_description;
  int64_t version = 0;
  std::vector<std::string> external_files;  // as the model names them, sorted
};

/// Throws Error where the bytes are no model.
ModelSummary summarize(std::span<const std::byte> model);

}  // namespace burnish::onnx
