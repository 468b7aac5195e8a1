#include "cli/layer_check.h"

#include <algorithm>

#include "base/error.h"

namespace burnish::cli {

const CheckedTensor* LayerCheck::first_bad() const {
  const auto found = std::ranges::find(tensors, false, &CheckedTensor::good);
  return found == tensors.end() ? nullptr : &*found;
}

const CheckedTensor* LayerCheck::worst() const {
  const auto badness = [](const CheckedTensor& one) { return std::pair(one.difference.odd, one.difference.relative_error); };
  const auto found = std::ranges::max_element(tensors, {}, badness);
  return found == tensors.end() ? nullptr : &*found;
}

TensorsByName run_tapped(const runtime::Tapped& tapped, const Feeds& feeds) {
  BoundSession session(tapped.engine, feeds);
  if (const Status status = session.session().run(); not status) throw Error(status.message(), status.code());
  TensorsByName values;
  for (size_t i = 0; i < tapped.engine.outputs().size(); ++i) values[tapped.engine.outputs()[i].name] = session.output(i).clone();
  return values;
}

bool is_good(const Tensor& right, const Difference& difference, double tolerance) {
  const bool bytes = right.dtype() == DType::u8 or right.dtype() == DType::i8;
  return difference.odd == 0 and (difference.relative_error <= tolerance or (bytes and difference.max_error <= 1));
}

LayerCheck check_layers(const runtime::Tapped& tapped, const TensorsByName& values, const TensorsByName& right, double tolerance) {
  LayerCheck check;
  for (const runtime::TappedTensor& tensor : tapped.tensors) {
    const Tensor& value = values.at(tensor.name);
    const auto wanted = right.find(tensor.name);
    if (wanted == right.end() or wanted->second.dtype() != value.dtype() or wanted->second.dims() != value.dims() or
        is_complex(value.dtype())) {
      ++check.skipped;
      continue;
    }
    CheckedTensor& checked = check.tensors.emplace_back(CheckedTensor{tensor, compare(value, wanted->second), true});
    checked.good = is_good(wanted->second, checked.difference, tolerance);
    check.bad += checked.good ? 0 : 1;
  }
  return check;
}

}  // namespace burnish::cli
