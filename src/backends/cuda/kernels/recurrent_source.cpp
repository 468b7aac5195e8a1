#include <algorithm>
#include <cctype>

#include "backends/cuda/kernels/recurrent.h"
#include "backends/cuda/nvrtc/expr_source.h"
#include "base/error.h"

namespace burnish::cuda {
namespace {

/// An activation of ONNX: its code, where a and b stand for the parameters, and their defaults.
struct NamedActivation {
  std::string_view name, code;
  int parameters = 0;
  double alpha = 0, beta = 0;
};

constexpr NamedActivation known[] = {
    {"tanh", "tanhf(x)"},
    {"sigmoid", "op_sigmoid(x)"},
    {"relu", "x < 0.0f ? 0.0f : x"},
    {"softsign", "x / (1.0f + fabsf(x))"},
    {"softplus", "op_softplus(x)"},
    {"affine", "{a} * x + {b}", 2, 1, 0},
    {"leakyrelu", "x < 0.0f ? {a} * x : x", 1, 0.01},
    {"thresholdedrelu", "x > {a} ? x : 0.0f", 1, 1},
    {"scaledtanh", "{a} * tanhf({b} * x)", 2, 1, 1},
    {"hardsigmoid", "fminf(fmaxf({a} * x + {b}, 0.0f), 1.0f)", 2, 0.2, 0.5},
    {"elu", "x < 0.0f ? {a} * expm1f(x) : x", 1, 1},
};

std::string lower(std::string_view text) {
  std::string made(text);
  std::ranges::transform(made, made.begin(), [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
  return made;
}

const NamedActivation& named(std::string_view name) {
  const std::string wanted = lower(name);
  for (const NamedActivation& one : known)
    if (one.name == wanted) return one;
  fail("unknown activation `{}`", name);
}

std::string number(double value) { return fmt::format("static_cast<float>({:.17e})", value); }

std::string cell_name(CellKind kind) { return kind == CellKind::lstm ? "LstmCell" : kind == CellKind::gru ? "GruCell" : "RnnCell"; }

std::string settings(const Recurrence& recurrence) {
  std::string text = fmt::format(
      "struct Settings {{\n  static constexpr float clip = {};\n  static constexpr bool coupled = {};\n"
      "  template <int role>\n  static __device__ float activate(u32 direction, float x) {{\n",
      number(recurrence.clip), recurrence.coupled);
  for (size_t i = 0; i < recurrence.activations.size(); ++i)
    text += fmt::format("    if (role == {} and direction == {}) return {};\n", i % static_cast<size_t>(recurrence.roles()),
                        i / static_cast<size_t>(recurrence.roles()), recurrence.activations[i]);
  return text + "    return x;\n  }\n};\n";
}

}  // namespace

std::vector<std::string> activation_code(const std::vector<std::string>& names, const std::vector<double>& alphas,
                                         const std::vector<double>& betas, size_t count, std::span<const std::string_view> defaults) {
  std::vector<std::string> made;
  size_t alpha = 0, beta = 0;
  for (size_t i = 0; i < count; ++i) {
    const NamedActivation& one = named(i < names.size() ? std::string_view(names[i]) : defaults[i % defaults.size()]);
    const double a = one.parameters > 0 and alpha < alphas.size() ? alphas[alpha++] : one.alpha;
    const double b = one.parameters > 1 and beta < betas.size() ? betas[beta++] : one.beta;
    made.push_back(fmt::format(fmt::runtime(one.code), fmt::arg("a", number(a)), fmt::arg("b", number(b))));
  }
  return made;
}

std::string recurrent_source(const Recurrence& recurrence, DType storage, DType lengths, int items) {
  const std::string type = stored_type(storage), cell = cell_name(recurrence.kind) + "<Settings>", index = stored_type(lengths);
  std::string text = "#include \"recurrent.cuh\"\n" + settings(recurrence);
  const auto kernel = [&](std::string_view name, const std::string& parameters, const std::string& call) {
    text +=
        fmt::format("extern \"C\" __global__ void __launch_bounds__(256) {}({}) {{\n  release_next();\n  wait_for_inputs();\n  {};\n}}\n",
                    name, parameters, call);
  };
  kernel("project", fmt::format("const {}* x, const float* w, const float* bias, float* to, u32 rows, u32 columns, u32 depth", type),
         "project_inputs(x, w, bias, to, rows, columns, depth)");
  kernel("begin", fmt::format("const Sequences s, const {0}* h, const {0}* c", type), "begin_sequences(s, h, c)");
  const std::string outputs = fmt::format("const StepOutputs<{}> out, ", type);
  if (recurrence.reset_before) {
    kernel("gates", "const Sequences s, u32 step", fmt::format("step_gates<{}, {}, {}>(s, step)", cell, items, index));
    kernel("candidate", "const Sequences s, " + outputs + "u32 step",
           fmt::format("step_candidate<{}, {}, {}>(s, out, step)", cell, items, index));
  } else {
    kernel("step", "const Sequences s, " + outputs + "u32 step", fmt::format("step_cells<{}, {}, {}>(s, out, step)", cell, items, index));
  }
  return text;
}

}  // namespace burnish::cuda
