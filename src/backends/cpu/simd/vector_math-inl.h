// Functions of vectors that Highway lacks: sigmoid, tanh, expm1 and erf in f32, each within a few units in the last place of its range.
// Included by vector files once for each instruction set.
#if defined(BURNISH_VECTOR_MATH_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef BURNISH_VECTOR_MATH_INL
#undef BURNISH_VECTOR_MATH_INL
#else
#define BURNISH_VECTOR_MATH_INL
#endif

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace burnish::cpu {
namespace HWY_NAMESPACE {
namespace math {
namespace hn = hwy::HWY_NAMESPACE;

/// e^x as 2^n * p(r): Cody-Waite reduction, degree 6.
template <class D, class V = hn::Vec<D>>
struct ExpParts {
  V n, p;
  HWY_INLINE ExpParts(D d, V x) : n(hn::Round(hn::Mul(x, hn::Set(d, 1.44269504F)))) {
    const V r = hn::NegMulAdd(n, hn::Set(d, -2.12194440e-4F), hn::NegMulAdd(n, hn::Set(d, 0.693359375F), x));
    p = hn::Set(d, 1.0F / 720);
    p = hn::MulAdd(p, r, hn::Set(d, 1.0F / 120));
    p = hn::MulAdd(p, r, hn::Set(d, 1.0F / 24));
    p = hn::MulAdd(p, r, hn::Set(d, 1.0F / 6));
    p = hn::MulAdd(p, r, hn::Set(d, 0.5F));
    p = hn::MulAdd(p, r, hn::Set(d, 1.0F));
    p = hn::MulAdd(p, r, hn::Set(d, 1.0F));
  }
};

/// 2^n for whole n from -126 to 127.
template <class D, class I>
HWY_INLINE hn::Vec<D> power_of_two(D d, I n) {
  const hn::RebindToSigned<D> di;
  return hn::BitCast(d, hn::ShiftLeft<23>(hn::Add(n, hn::Set(di, 127))));
}

inline constexpr float least_exponent = -87.3F;

/// e^x: infinity above, NaN stays. Results too small for a normal number are 0:
/// masked scores of attention end there, and arithmetic on subnormal numbers is many times slower.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V exp_of(D d, V x) {
  const hn::RebindToSigned<D> di;
  const V low = hn::Set(d, least_exponent);
  const ExpParts<D> parts(d, hn::Min(hn::Max(x, low), hn::Set(d, 88.8F)));
  // 2^n in two halves, so that results just below overflow come out right.
  const auto exponent = hn::ConvertTo(di, parts.n);
  const auto half = hn::ShiftRight<1>(exponent);
  const V result = hn::Mul(hn::Mul(parts.p, power_of_two(d, half)), power_of_two(d, hn::Sub(exponent, half)));
  return hn::IfThenElse(hn::IsNaN(x), x, hn::IfThenElseZero(hn::Ge(x, low), result));
}

/// The same for x of at most 80, as a softmax's are, in two thirds of the steps.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V bounded_exp_of(D d, V x) {
  const hn::RebindToSigned<D> di;
  const V low = hn::Set(d, least_exponent);
  const ExpParts<D> parts(d, hn::Max(x, low));
  const V result = hn::Mul(parts.p, power_of_two(d, hn::ConvertTo(di, parts.n)));
  return hn::IfThenElse(hn::IsNaN(x), x, hn::IfThenElseZero(hn::Ge(x, low), result));
}

template <class D, class V = hn::Vec<D>>
HWY_INLINE V sigmoid_of(D d, V x) {
  const V one = hn::Set(d, 1.0F);
  return hn::Div(one, hn::Add(one, exp_of(d, hn::Neg(x))));
}

/// Around 0 by its series, elsewhere from the exponential.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V expm1_of(D d, V x) {
  V p = hn::Set(d, 1.0F / 5040);
  p = hn::MulAdd(p, x, hn::Set(d, 1.0F / 720));
  p = hn::MulAdd(p, x, hn::Set(d, 1.0F / 120));
  p = hn::MulAdd(p, x, hn::Set(d, 1.0F / 24));
  p = hn::MulAdd(p, x, hn::Set(d, 1.0F / 6));
  p = hn::MulAdd(p, x, hn::Set(d, 0.5F));
  p = hn::MulAdd(p, x, hn::Set(d, 1.0F));
  return hn::IfThenElse(hn::Lt(hn::Abs(x), hn::Set(d, 0.5F)), hn::Mul(p, x), hn::Sub(exp_of(d, x), hn::Set(d, 1.0F)));
}

template <class D, class V = hn::Vec<D>>
HWY_INLINE V tanh_of(D d, V x) {
  const V e = expm1_of(d, hn::Mul(hn::Set(d, 2.0F), hn::Min(hn::Max(x, hn::Set(d, -9.5F)), hn::Set(d, 9.5F))));
  return hn::IfThenElse(hn::IsNaN(x), x, hn::Div(e, hn::Add(e, hn::Set(d, 2.0F))));
}

/// Below 0.75 the Taylor series; above, Abramowitz and Stegun 7.1.26 (absolute error 1.5e-7).
template <class D, class V = hn::Vec<D>>
HWY_INLINE V erf_of(D d, V x) {
  const V one = hn::Set(d, 1.0F);
  const V magnitude = hn::Abs(x);
  const V t = hn::Div(one, hn::MulAdd(magnitude, hn::Set(d, 0.3275911F), one));
  V p = hn::Set(d, 1.061405429F);
  p = hn::MulAdd(p, t, hn::Set(d, -1.453152027F));
  p = hn::MulAdd(p, t, hn::Set(d, 1.421413741F));
  p = hn::MulAdd(p, t, hn::Set(d, -0.284496736F));
  p = hn::MulAdd(p, t, hn::Set(d, 0.254829592F));
  const V square = hn::Mul(x, x);
  const V far = hn::CopySign(hn::NegMulAdd(hn::Mul(p, t), exp_of(d, hn::Neg(square)), one), x);
  V q = hn::Set(d, 2.0F / 1.772453851F / 9360);
  q = hn::MulAdd(q, square, hn::Set(d, -2.0F / 1.772453851F / 1320));
  q = hn::MulAdd(q, square, hn::Set(d, 2.0F / 1.772453851F / 216));
  q = hn::MulAdd(q, square, hn::Set(d, -2.0F / 1.772453851F / 42));
  q = hn::MulAdd(q, square, hn::Set(d, 2.0F / 1.772453851F / 10));
  q = hn::MulAdd(q, square, hn::Set(d, -2.0F / 1.772453851F / 3));
  q = hn::MulAdd(q, square, hn::Set(d, 2.0F / 1.772453851F));
  const V near = hn::Mul(q, x);
  const V result = hn::IfThenElse(hn::Lt(magnitude, hn::Set(d, 0.75F)), near, far);
  return hn::IfThenElse(hn::IsNaN(x), x, result);
}

}  // namespace math

using math::bounded_exp_of;
using math::erf_of;
using math::exp_of;
using math::expm1_of;
using math::sigmoid_of;
using math::tanh_of;

}  // namespace HWY_NAMESPACE
}  // namespace burnish::cpu
HWY_AFTER_NAMESPACE();

#endif
