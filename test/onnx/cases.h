// The official ONNX backend cases as they lie in the onnx package: a model, and sets of inputs with the outputs they must give.
// Read by the test of this folder. It reads tensors only: a case of sequences or optionals says so when it is loaded.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "burnish/tensor.h"

namespace burnish::test {

struct OnnxCase {
  std::string name;  // "node/test_add"
  std::filesystem::path folder;

  std::filesystem::path model() const { return folder / "model.onnx"; }
  std::vector<std::filesystem::path> data_sets() const;
};

/// All cases below `root`, sorted by name.
std::vector<OnnxCase> find_cases(const std::filesystem::path& root);

/// input_0.pb, input_1.pb, ... or output_0.pb, ... of a data set. Throws Error where one holds no tensor.
std::vector<Tensor> read_tensors(const std::filesystem::path& data_set, const std::string& kind);

}  // namespace burnish::test
