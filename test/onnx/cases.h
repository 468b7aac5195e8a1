// The official ONNX backend cases as they lie in the onnx package: a model, and sets of inputs with the outputs they must give.
// Read by the test of this folder. A data file does not say what it holds: the model's declared types tell tensors, sequences and optionals.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "burnish/tensor.h"

namespace burnish::test {

struct OnnxCase {
  std::string name;  // "node/test_add"
  std::filesystem::path model;
  std::filesystem::path folder;  // of the data sets
  std::filesystem::path light_output;
  double rtol = 1e-3;
  double atol = 1e-7;
};

struct DataSet {
  std::vector<Tensor> inputs;
  std::vector<Tensor> outputs;
};

/// The cases of single operators and small graphs below `root`, sorted by name.
std::vector<OnnxCase> find_cases(const std::filesystem::path& root);

/// The cases in the folders right below `folder`, named after them, sorted.
std::vector<OnnxCase> find_cases_in(const std::filesystem::path& folder, const std::string& prefix);

/// Whole networks whose weights are made up by the graph itself. Too large for the reference evaluation.
std::vector<OnnxCase> find_light_cases(const std::filesystem::path& root);

/// Throws Error where a file does not hold what the model declares.
std::vector<DataSet> read_data_sets(const OnnxCase& one);

/// The model with the first axis of every input of two axes or more open, each by a name of its own.
std::string with_open_inputs(const std::string& model);

}  // namespace burnish::test
