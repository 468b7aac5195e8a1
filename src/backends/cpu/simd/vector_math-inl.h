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

/// e^x by 2^n * p(r): Cody-Waite reduction, degree 6; infinity above, NaN stays. Results too small for a normal number are 0:
/// masked scores of attention end there, and arithmetic on subnormal numbers is many times slower.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V exp_of(D d, V x) {
  const hn::RebindToSigned<D> di;
  const V low = hn::Set(d, -87.3F);
  const V high = hn::Set(d, 88.8F);
  const V bounded = hn::Min(hn::Max(x, low), high);
  const V n = hn::Round(hn::Mul(bounded, hn::Set(d, 1.44269504F)));
  const V r = hn::NegMulAdd(n, hn::Set(d, -2.12194440e-4F), hn::NegMulAdd(n, hn::Set(d, 0.693359375F), bounded));
  V p = hn::Set(d, 1.0F / 720);
  p = hn::MulAdd(p, r, hn::Set(d, 1.0F / 120));
  p = hn::MulAdd(p, r, hn::Set(d, 1.0F / 24));
  p = hn::MulAdd(p, r, hn::Set(d, 1.0F / 6));
  p = hn::MulAdd(p, r, hn::Set(d, 0.5F));
  p = hn::MulAdd(p, r, hn::Set(d, 1.0F));
  p = hn::MulAdd(p, r, hn::Set(d, 1.0F));
  // 2^n in two halves, so that results just below overflow come out right.
  const auto exponent = hn::ConvertTo(di, n);
  const auto half = hn::ShiftRight<1>(exponent);
  const auto rest = hn::Sub(exponent, half);
  const auto bias = hn::Set(di, 127);
  const V scale_a = hn::BitCast(d, hn::ShiftLeft<23>(hn::Add(half, bias)));
  const V scale_b = hn::BitCast(d, hn::ShiftLeft<23>(hn::Add(rest, bias)));
  const V result = hn::Mul(hn::Mul(p, scale_a), scale_b);
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

using math::erf_of;
using math::exp_of;
using math::expm1_of;
using math::sigmoid_of;
using math::tanh_of;

}  // namespace HWY_NAMESPACE
}  // namespace burnish::cpu
HWY_AFTER_NAMESPACE();

#endif
