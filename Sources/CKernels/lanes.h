// Loads, exponentials and activations over one vector, for 8 or 16 lanes. Included once for each width by wide.h, which
// defines for it:
//
//   LANES           8 or 16
//   LANE_INLINE     attributes of the functions
//   VECTOR          the register type; V(op): the intrinsic `op` of that width
//   V_ROUND(x)      to the nearest whole number
//   V_INTEGER(a, b) the intrinsic whose name has the register's width between `a` and `b`
//   V_HALVES(p)     as many 16-bit numbers as there are lanes
//   V_WHERE_UNEQUAL(a, b, x)  x in the lanes where a is not b, 0 in the others
//   V_MAXIMUM(x), V_SUM(x)    over the lanes
#define LANE_JOIN(a, b) a##b
#define LANE_EXPAND(a, b) LANE_JOIN(a, b)
#define LANE_NAME(name) LANE_EXPAND(name, LANES)

/// As many numbers of a panel as there are lanes, as f32; `element` is a compile-time constant where this is used.
LANE_INLINE VECTOR LANE_NAME(ck_load)(const void *base, long index, ck_element element) {
  const unsigned short *halves = (const unsigned short *)base + index;
  switch (element) {
    case CK_F16: return V(cvtph_ps)(V_HALVES(halves));
    case CK_BF16:
      return V_INTEGER(castsi, _ps)(V(slli_epi32)(V(cvtepu16_epi32)(V_HALVES(halves)), 16));
    default: return V(loadu_ps)((const float *)base + index);
  }
}

/// exp(x): range reduction by a two-part ln 2, degree-6 polynomial; relative error below 2e-7.
LANE_INLINE VECTOR LANE_NAME(ck_exp)(VECTOR x) {
  x = V(min_ps)(V(max_ps)(x, V(set1_ps)(-87.3f)), V(set1_ps)(88.0f));
  const VECTOR n = V_ROUND(V(mul_ps)(x, V(set1_ps)(1.44269504088896341f)));
  VECTOR r = V(fnmadd_ps)(n, V(set1_ps)(0.693359375f), x);
  r = V(fnmadd_ps)(n, V(set1_ps)(-2.12194440e-4f), r);
  VECTOR p = V(set1_ps)(1.9875691500e-4f);
  p = V(fmadd_ps)(p, r, V(set1_ps)(1.3981999507e-3f));
  p = V(fmadd_ps)(p, r, V(set1_ps)(8.3334519073e-3f));
  p = V(fmadd_ps)(p, r, V(set1_ps)(4.1665795894e-2f));
  p = V(fmadd_ps)(p, r, V(set1_ps)(1.6666665459e-1f));
  p = V(fmadd_ps)(p, r, V(set1_ps)(5.0000001201e-1f));
  p = V(fmadd_ps)(V(mul_ps)(p, r), r, V(add_ps)(r, V(set1_ps)(1.0f)));
  return V(mul_ps)(p, V_INTEGER(castsi, _ps)(V(slli_epi32)(
                          V(add_epi32)(V(cvtps_epi32)(n), V(set1_epi32)(127)), 23)));
}

/// exp(factor * x - shift), and exactly 0 where x is -infinity, which the clamped exponential does not give.
LANE_INLINE VECTOR LANE_NAME(ck_weight)(VECTOR x, VECTOR factor, VECTOR shift) {
  return V_WHERE_UNEQUAL(x, V(set1_ps)(-INFINITY), LANE_NAME(ck_exp)(V(fmsub_ps)(x, factor, shift)));
}

/// exp(scale * (x - max)) in place; numbers beyond `count` up to `padded`, whole vectors, become 0. Returns the sum.
LANE_INLINE float LANE_NAME(ck_exponentials)(float *row, long count, long padded, float scale) {
  VECTOR top = V(set1_ps)(-INFINITY);
  long j = 0;
  for (; j + LANES <= count; j += LANES) top = V(max_ps)(top, V(loadu_ps)(row + j));
  float maximum = V_MAXIMUM(top);
  for (; j < count; j++) maximum = row[j] > maximum ? row[j] : maximum;
  if (maximum == -INFINITY) maximum = 0;
  for (; j < padded; j++) row[j] = -INFINITY;
  const VECTOR factor = V(set1_ps)(scale), shift = V(set1_ps)(maximum * scale);
  VECTOR sum = V(setzero_ps)();
  for (j = 0; j < padded; j += LANES) {
    const VECTOR e = LANE_NAME(ck_weight)(V(loadu_ps)(row + j), factor, shift);
    V(storeu_ps)(row + j, e);
    sum = V(add_ps)(sum, e);
  }
  return V_SUM(sum);
}

/// x * sigmoid(a x)
LANE_INLINE VECTOR LANE_NAME(ck_swish)(VECTOR x, VECTOR ax) {
  const VECTOR e = LANE_NAME(ck_exp)(V(sub_ps)(V(setzero_ps)(), ax));
  return V(div_ps)(x, V(add_ps)(V(set1_ps)(1.0f), e));
}

/// x (1 + erf(x / sqrt 2)) / 2 with Abramowitz and Stegun 7.1.26 (absolute error of erf 1.5e-7).
LANE_INLINE VECTOR LANE_NAME(ck_gelu)(VECTOR x) {
  const VECTOR a = V(mul_ps)(V(andnot_ps)(V(set1_ps)(-0.0f), x), V(set1_ps)(0.70710678118654752f));
  const VECTOR one = V(set1_ps)(1.0f);
  const VECTOR t = V(div_ps)(one, V(fmadd_ps)(V(set1_ps)(0.3275911f), a, one));
  VECTOR p = V(set1_ps)(1.061405429f);
  p = V(fmadd_ps)(p, t, V(set1_ps)(-1.453152027f));
  p = V(fmadd_ps)(p, t, V(set1_ps)(1.421413741f));
  p = V(fmadd_ps)(p, t, V(set1_ps)(-0.284496736f));
  p = V(fmadd_ps)(p, t, V(set1_ps)(0.254829592f));
  p = V(mul_ps)(p, t);
  const VECTOR e = LANE_NAME(ck_exp)(V(sub_ps)(V(setzero_ps)(), V(mul_ps)(a, a)));
  // The tail 1 - |erf| is a product, so that large negative x keep their relative precision: with h = x / 2
  // the result is h * tail for negative x and x - h * tail for the others, and max(x, 0) is their difference.
  const VECTOR part = V(mul_ps)(V(mul_ps)(V(andnot_ps)(V(set1_ps)(-0.0f), x), V(set1_ps)(0.5f)),
                                V(mul_ps)(p, e));
  return V(sub_ps)(V(max_ps)(x, V(setzero_ps)()), part);
}

LANE_INLINE VECTOR LANE_NAME(ck_gelu_tanh)(VECTOR x) {
  const VECTOR x2 = V(mul_ps)(x, x);
  const VECTOR u = V(mul_ps)(V(mul_ps)(x, V(set1_ps)(1.5957691216057308f)),
                             V(fmadd_ps)(x2, V(set1_ps)(0.044715f), V(set1_ps)(1.0f)));
  return LANE_NAME(ck_swish)(x, u);
}

#undef LANE_NAME
#undef LANE_EXPAND
#undef LANE_JOIN
