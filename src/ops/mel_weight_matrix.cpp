// MelWeightMatrix: what turns the bins of a spectrogram into bands of the mel scale. ONNX MelWeightMatrix, opset 17.
// Inputs, scalars: mel bins, DFT length, sample rate (i32 or i64), lower and upper edge in hertz (floating).
// Output [DFT length / 2 + 1, mel bins]: a triangle for each band, with edges at whole bins of the DFT.
#include <cmath>

#include "base/error.h"
#include "ops/elements.h"
#include "ops/inference.h"
#include "ops/operator.h"

namespace burnish::ops {

struct MelWeightMatrix {
  DType dtype = DType::f32;
  static constexpr auto fields = std::tuple{field("dtype", &MelWeightMatrix::dtype)};
};

namespace {

Dim known(InferContext& context, size_t index) {
  const auto values = context.values(index);
  return values and values->size() == 1 ? values->front() : context.unknown_dim();
}

void infer(const MelWeightMatrix& op, InferContext& context) {
  context.expect_inputs(5, 5);
  for (size_t i = 0; i < 5; ++i) expect_one_element(context, i, "each input");
  for (size_t i = 0; i < 3; ++i) expect_index_type(context, i, "a count");
  if (not is_floating(op.dtype) and not is_integer(op.dtype)) fail("a matrix of {} is not computed", name_of(op.dtype));
  const Dim bins = known(context, 0);
  const Dim length = known(context, 1);
  const Shape shape{floor_div(length, 2) + Dim(1), bins};
  check_extents(shape);
  context.output(0, op.dtype, shape);
}

double mel(double hertz) { return 2595 * std::log10(1 + hertz / 700); }
double hertz(double mel) { return 700 * (std::pow(10, mel / 2595) - 1); }

void reference(const MelWeightMatrix& op, EvalContext& context) {
  const int64_t bins = single_integer(context.input(0), "the number of mel bins");
  const int64_t length = single_integer(context.input(1), "the DFT length");
  const int64_t rate = single_integer(context.input(2), "the sample rate");
  constexpr int64_t most = int64_t{1} << 31;
  if (bins < 0 or bins > most or length < 0 or length > most or rate < 1)
    fail("{} mel bins of a DFT of length {} at {} samples a second", bins, length, rate);
  const double low = mel(single_number(context.input(3), "the lower edge"));
  const double step = (mel(single_number(context.input(4), "the upper edge")) - low) / static_cast<double>(bins + 2);
  const int64_t rows = length / 2 + 1;
  // The bin of the DFT at which band `band` begins.
  const auto edge = [&](int64_t band) {
    const double at =
        std::floor(static_cast<double>(length + 1) * hertz(low + step * static_cast<double>(band)) / static_cast<double>(rate));
    if (not(at >= 0 and at < static_cast<double>(rows))) fail("band {} lies outside of the spectrogram's {} bins", band, rows);
    return static_cast<int64_t>(at);
  };
  Tensor out(op.dtype, {rows, bins});
  for (int64_t band = 0; band < bins; ++band) {
    const int64_t left = edge(band);
    const int64_t center = edge(band + 1);
    const int64_t right = edge(band + 2);
    if (left == center) out.set_number(center * bins + band, 1);
    for (int64_t i = left; i <= center and left != center; ++i)
      out.set_number(i * bins + band, static_cast<double>(i - left) / static_cast<double>(center - left));
    for (int64_t i = center; i < right; ++i)
      out.set_number(i * bins + band, static_cast<double>(right - i) / static_cast<double>(right - center));
  }
  context.set_output(0, std::move(out));
}

MelWeightMatrix import(const ImportContext& context) { return {.dtype = context.find_dtype("output_datatype").value_or(DType::f32)}; }

}  // namespace

void register_mel_weight_matrix(Registry& registry) {
  registry.add<MelWeightMatrix>({.name = "MelWeightMatrix",
                                 .infer = infer,
                                 .reference = reference,
                                 .onnx = {{.name = "MelWeightMatrix", .since = 17, .import = import}}});
}

}  // namespace burnish::ops
