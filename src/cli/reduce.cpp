#include "cli/reduce.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/error.h"
#include "base/file.h"

namespace burnish::cli {
namespace {

class Reducer {
 public:
  Reducer(const std::filesystem::path& model, const std::string& output, const TensorsByName& right, double tolerance,
          const BuildPart& build)
      : folder_(model.parent_path()), file_(model), output_(output), right_(right), tolerance_(tolerance), build_(build) {}

  /// Parts grow until one fails, then the border is sought between the last that did not and it.
  std::optional<onnx::Extract> run() {
    std::optional<onnx::Extract> failing;
    size_t works = 0;
    for (size_t nodes = 1;; nodes *= 2) {
      failing = failing_part(nodes);
      if (failing) break;
      if (last_nodes_ < nodes) return {};  // that was the whole model
      works = nodes;
    }
    while (failing->nodes > works + 1) {
      const size_t middle = (works + failing->nodes) / 2;
      auto part = failing_part(middle);
      if (part and part->nodes < failing->nodes) failing = std::move(part);
      else works = middle;
    }
    return failing;
  }

 private:
  std::optional<onnx::Extract> failing_part(size_t nodes) {
    const onnx::FindInput find = [&](const std::string& name) -> std::optional<std::pair<DType, Dims>> {
      const auto found = right_.find(name);
      if (found == right_.end()) return {};
      return std::pair(found->second.dtype(), found->second.dims());
    };
    auto part = onnx::extract_before(file_.bytes(), folder_, output_, nodes, find);
    if (not part) return {};
    last_nodes_ = part->nodes;
    return fails(*part) ? std::move(part) : std::nullopt;
  }

  bool fails(const onnx::Extract& part) const {
    const Engine engine = build_(bytes_of(part.model), folder_);
    std::vector<Tensor> inputs;
    for (const TensorInfo& input : engine.inputs()) {
      const auto found = right_.find(input.name);
      if (found == right_.end()) return false;
      inputs.push_back(found->second);
    }
    const Tensor& wanted = right_.find(output_)->second;
    const Tensor got = Session(engine).run(inputs).at(0);
    return got.dims() != wanted.dims() or not is_good(wanted, compare(got, wanted), tolerance_);
  }

  std::filesystem::path folder_;
  MappedFile file_;
  std::string output_;
  const TensorsByName& right_;
  double tolerance_;
  const BuildPart& build_;
  size_t last_nodes_ = 0;
};

}  // namespace

std::optional<onnx::Extract> reduce_model(const std::filesystem::path& model, const std::string& output, const TensorsByName& right,
                                          double tolerance, const BuildPart& build) {
  if (not right.contains(output)) return {};
  return Reducer(model, output, right, tolerance, build).run();
}

}  // namespace burnish::cli
