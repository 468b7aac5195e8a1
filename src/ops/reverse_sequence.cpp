// ReverseSequence: see the header.
#include "ops/reverse_sequence.h"

#include "base/error.h"
#include "ops/elements.h"
#include "ops/inference.h"
#include "ops/operator.h"

namespace burnish::ops {
namespace {

void infer(const ReverseSequence& op, InferContext& context) {
  context.expect_inputs(2, 2);
  const Shape& data = context.shape(0);
  if (data.rank() < 2) fail("ReverseSequence needs data of rank 2 or more, but it has shape {}", data.text());
  expect_index_vector(context, 1, "the sequence lengths");
  const Dim& batch = data[op.time_first ? 1 : 0];
  if (batch.is_constant() and context.shape(1)[0].constant().value_or(batch.value()) != batch.value())
    fail("there are {} sequences, but {} lengths", batch.value(), context.shape(1)[0].value());
  context.output(0, context.dtype(0), data);
}

void reference(const ReverseSequence& op, EvalContext& context) {
  const Tensor& data = context.input(0);
  const std::vector<int64_t> lengths = context.input(1).integers();
  const int64_t inner = extent_product(data.dims(), 2, data.rank());
  const int64_t times = data.dim(op.time_first ? 0 : 1);
  const int64_t batch = data.dim(op.time_first ? 1 : 0);
  if (static_cast<int64_t>(lengths.size()) != batch) fail("there are {} sequences, but {} lengths", batch, lengths.size());
  const auto place = [&](int64_t time, int64_t entry) { return (op.time_first ? time * batch + entry : entry * times + time) * inner; };
  Tensor& out = context.allocate(0, data.dtype(), data.dims());
  for (int64_t entry = 0; entry < batch; ++entry) {
    const int64_t length = lengths[static_cast<size_t>(entry)];
    if (length < 0 or length > times) fail("sequence {} has length {}, but there are {} steps", entry, length, times);
    for (int64_t time = 0; time < times; ++time)
      copy_run(out, place(time, entry), data, place(time < length ? length - 1 - time : time, entry), inner);
  }
}

ReverseSequence import(const ImportContext& context) {
  const int64_t time = context.int_or("time_axis", 0);
  const int64_t batch = context.int_or("batch_axis", 1);
  if (time < 0 or time > 1 or batch != 1 - time)
    fail("time_axis and batch_axis must be 0 and 1 in either order, but are {} and {}", time, batch);
  return {.time_first = time == 0};
}

}  // namespace

void register_reverse_sequence(Registry& registry) {
  registry.add<ReverseSequence>({.name = "ReverseSequence",
                                 .infer = infer,
                                 .reference = reference,
                                 .onnx = {{.name = "ReverseSequence", .since = 10, .import = import}},
                                 .traits = Trait::moves_data});
}

}  // namespace burnish::ops
