// Steps of Exprs in floating point. The formulas are ONNX's.
#include <algorithm>
#include <cmath>

#include "ir/expr_steps.h"

namespace burnish::expr_steps {
namespace {

template <class F>
void map(size_t count, const double* x, double* out, F&& f) {
  for (size_t i = 0; i < count; ++i) out[i] = f(x[i]);
}
template <class F>
void map(size_t count, const double* x, const double* y, double* out, F&& f) {
  for (size_t i = 0; i < count; ++i) out[i] = f(x[i], y[i]);
}

// NaN wins, as in NumPy.
double lesser(double x, double y) { return x < y or std::isnan(x) ? x : y; }
double larger(double x, double y) { return x > y or std::isnan(x) ? x : y; }

double floor_mod(double x, double y) {
  const double rest = std::fmod(x, y);
  return rest != 0 and (rest < 0) != (y < 0) ? rest + y : rest;
}

double softplus(double x) { return x > 0 ? x + std::log1p(std::exp(-x)) : std::log1p(std::exp(x)); }
double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }
double hard_sigmoid(double x, double a, double b) { return larger(0, lesser(1, a * x + b)); }
double gelu_tanh(double x) { return 0.5 * x * (1 + std::tanh(std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x))); }

double sign(double x) {
  if (x > 0) return 1;
  return x < 0 ? -1 : x;
}

double shrink(double x, double lambd, double bias) {
  if (x < -lambd) return x + bias;
  if (x > lambd) return x - bias;
  return std::isnan(x) ? x : 0;
}

bool binary(const ExprStep& step, size_t count, const Numbers& in, double* out) {
  switch (step.code) {
    case ExprCode::add: map(count, in.x, in.y, out, [](double x, double y) { return x + y; }); return true;
    case ExprCode::sub: map(count, in.x, in.y, out, [](double x, double y) { return x - y; }); return true;
    case ExprCode::mul: map(count, in.x, in.y, out, [](double x, double y) { return x * y; }); return true;
    case ExprCode::div: map(count, in.x, in.y, out, [](double x, double y) { return x / y; }); return true;
    case ExprCode::mod: map(count, in.x, in.y, out, floor_mod); return true;
    case ExprCode::fmod: map(count, in.x, in.y, out, [](double x, double y) { return std::fmod(x, y); }); return true;
    case ExprCode::pow: map(count, in.x, in.y, out, [](double x, double y) { return std::pow(x, y); }); return true;
    case ExprCode::min: map(count, in.x, in.y, out, lesser); return true;
    case ExprCode::max: map(count, in.x, in.y, out, larger); return true;
    case ExprCode::prelu: map(count, in.x, in.y, out, [](double x, double slope) { return x < 0 ? slope * x : x; }); return true;
    case ExprCode::clip:
      for (size_t i = 0; i < count; ++i) out[i] = lesser(larger(in.x[i], in.y[i]), in.z[i]);
      return true;
    default: return false;
  }
}

bool elementary(const ExprStep& step, size_t count, const double* x, double* out) {
  switch (step.code) {
    case ExprCode::neg: map(count, x, out, [](double v) { return -v; }); return true;
    case ExprCode::abs: map(count, x, out, [](double v) { return std::fabs(v); }); return true;
    case ExprCode::sign: map(count, x, out, sign); return true;
    case ExprCode::reciprocal: map(count, x, out, [](double v) { return 1 / v; }); return true;
    case ExprCode::sqrt: map(count, x, out, [](double v) { return std::sqrt(v); }); return true;
    case ExprCode::exp: map(count, x, out, [](double v) { return std::exp(v); }); return true;
    case ExprCode::log: map(count, x, out, [](double v) { return std::log(v); }); return true;
    case ExprCode::erf: map(count, x, out, [](double v) { return std::erf(v); }); return true;
    case ExprCode::floor: map(count, x, out, [](double v) { return std::floor(v); }); return true;
    case ExprCode::ceil: map(count, x, out, [](double v) { return std::ceil(v); }); return true;
    case ExprCode::round: map(count, x, out, [](double v) { return std::nearbyint(v); }); return true;
    case ExprCode::round_half_away: map(count, x, out, [](double v) { return std::round(v); }); return true;
    case ExprCode::trunc: map(count, x, out, [](double v) { return std::trunc(v); }); return true;
    case ExprCode::sin: map(count, x, out, [](double v) { return std::sin(v); }); return true;
    case ExprCode::cos: map(count, x, out, [](double v) { return std::cos(v); }); return true;
    case ExprCode::tan: map(count, x, out, [](double v) { return std::tan(v); }); return true;
    case ExprCode::asin: map(count, x, out, [](double v) { return std::asin(v); }); return true;
    case ExprCode::acos: map(count, x, out, [](double v) { return std::acos(v); }); return true;
    case ExprCode::atan: map(count, x, out, [](double v) { return std::atan(v); }); return true;
    case ExprCode::sinh: map(count, x, out, [](double v) { return std::sinh(v); }); return true;
    case ExprCode::cosh: map(count, x, out, [](double v) { return std::cosh(v); }); return true;
    case ExprCode::tanh: map(count, x, out, [](double v) { return std::tanh(v); }); return true;
    case ExprCode::asinh: map(count, x, out, [](double v) { return std::asinh(v); }); return true;
    case ExprCode::acosh: map(count, x, out, [](double v) { return std::acosh(v); }); return true;
    case ExprCode::atanh: map(count, x, out, [](double v) { return std::atanh(v); }); return true;
    default: return false;
  }
}

bool activation(const ExprStep& step, size_t count, const double* x, double* out) {
  const double a = step.a;
  const double b = step.b;
  switch (step.code) {
    case ExprCode::sigmoid: map(count, x, out, sigmoid); return true;
    case ExprCode::relu: map(count, x, out, [](double v) { return v > 0 or std::isnan(v) ? v : 0; }); return true;
    case ExprCode::softplus: map(count, x, out, softplus); return true;
    case ExprCode::softsign: map(count, x, out, [](double v) { return v / (1 + std::fabs(v)); }); return true;
    case ExprCode::mish: map(count, x, out, [](double v) { return v * std::tanh(softplus(v)); }); return true;
    case ExprCode::hard_swish: map(count, x, out, [](double v) { return v * hard_sigmoid(v, 1.0 / 6, 0.5); }); return true;
    case ExprCode::leaky_relu: map(count, x, out, [=](double v) { return v < 0 ? a * v : v; }); return true;
    case ExprCode::elu: map(count, x, out, [=](double v) { return v < 0 ? a * std::expm1(v) : v; }); return true;
    case ExprCode::celu: map(count, x, out, [=](double v) { return v < 0 ? a * std::expm1(v / a) : v; }); return true;
    case ExprCode::selu: map(count, x, out, [=](double v) { return v > 0 ? b * v : b * a * std::expm1(v); }); return true;
    case ExprCode::hard_sigmoid: map(count, x, out, [=](double v) { return hard_sigmoid(v, a, b); }); return true;
    case ExprCode::thresholded_relu: map(count, x, out, [=](double v) { return v > a or std::isnan(v) ? v : 0; }); return true;
    case ExprCode::shrink: map(count, x, out, [=](double v) { return shrink(v, a, b); }); return true;
    case ExprCode::swish: map(count, x, out, [=](double v) { return v * sigmoid(a * v); }); return true;
    case ExprCode::gelu_erf: map(count, x, out, [](double v) { return 0.5 * v * (1 + std::erf(v * M_SQRT1_2)); }); return true;
    case ExprCode::gelu_tanh: map(count, x, out, gelu_tanh); return true;
    default: return false;
  }
}

template <class F>
void test(size_t count, const Numbers& in, int64_t* out, F&& f) {
  for (size_t i = 0; i < count; ++i) out[i] = f(in.x[i], in.y[i]) ? 1 : 0;
}

}  // namespace

void run(const ExprStep& step, size_t count, const Numbers& in, double* out) {
  if (binary(step, count, in, out) or elementary(step, count, in.x, out)) return;
  activation(step, count, in.x, out);
}

void compare(const ExprStep& step, size_t count, const Numbers& in, int64_t* out) {
  switch (step.code) {
    case ExprCode::equal: return test(count, in, out, [](double x, double y) { return x == y; });
    case ExprCode::less: return test(count, in, out, [](double x, double y) { return x < y; });
    case ExprCode::less_equal: return test(count, in, out, [](double x, double y) { return x <= y; });
    case ExprCode::greater: return test(count, in, out, [](double x, double y) { return x > y; });
    case ExprCode::greater_equal: return test(count, in, out, [](double x, double y) { return x >= y; });
    case ExprCode::is_nan:
      for (size_t i = 0; i < count; ++i) out[i] = std::isnan(in.x[i]) ? 1 : 0;
      return;
    default:
      for (size_t i = 0; i < count; ++i) out[i] = std::isinf(in.x[i]) and (in.x[i] < 0 ? step.a : step.b) != 0 ? 1 : 0;
  }
}

}  // namespace burnish::expr_steps
