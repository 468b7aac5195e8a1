// Walks the package's folders and reads TensorProto files.
#include "onnx/cases.h"

#include <algorithm>

#include "base/error.h"
#include "base/file.h"
#include "onnx/tensors.h"

namespace burnish::test {

namespace fs = std::filesystem;

std::vector<OnnxCase> find_cases(const fs::path& root) {
  std::vector<OnnxCase> cases;
  for (const char* category : {"node", "simple", "pytorch-converted", "pytorch-operator"})
    for (const fs::directory_entry& entry : fs::directory_iterator(root / category))
      if (fs::exists(entry.path() / "model.onnx"))
        cases.push_back({std::string(category) + "/" + entry.path().filename().string(), entry.path()});
  std::ranges::sort(cases, {}, &OnnxCase::name);
  return cases;
}

std::vector<fs::path> OnnxCase::data_sets() const {
  std::vector<fs::path> sets;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder))
    if (entry.path().filename().string().starts_with("test_data_set_")) sets.push_back(entry.path());
  std::ranges::sort(sets);
  return sets;
}

namespace {

Tensor read_tensor(const fs::path& file) {
  ::onnx::TensorProto proto;
  if (not proto.ParseFromString(read_text(file)) or proto.data_type() == 0) fail("this is no tensor");
  onnx::ExternalData nothing(file.parent_path(), {}, false);
  return onnx::TensorReader(nothing).read(proto).clone();
}

}  // namespace

std::vector<Tensor> read_tensors(const fs::path& data_set, const std::string& kind) {
  std::vector<Tensor> tensors;
  for (int i = 0;; ++i) {
    const fs::path file = data_set / fmt::format("{}_{}.pb", kind, i);
    if (not fs::exists(file)) return tensors;
    tensors.push_back(in_context([&] { return fmt::format("{}, which is a tensor only in cases of tensors", file.filename().string()); },
                                 [&] { return read_tensor(file); }));
  }
}

}  // namespace burnish::test
