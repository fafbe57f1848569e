#pragma once
// Building blocks of the AVX2 kernels (8 lanes) and AVX-512 kernels (16): loads, exponentials, activations, transposes.
#if defined(__x86_64__)
#define CK_HAS_WIDE 1
#include <immintrin.h>
#include <math.h>

#include "include/ckernels_product.h"
#define CK_WIDE __attribute__((target("avx2,fma,f16c")))
#define CK_WIDEST __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,f16c")))
#define CK_WIDEST_INLINE \
  static inline __attribute__((always_inline, unused, target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,f16c")))
#define CK_WIDE_INLINE static inline __attribute__((always_inline, unused, target("avx2,fma,f16c")))

CK_WIDE_INLINE float ck_sum8(__m256 v) {
  __m128 s = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
  s = _mm_add_ps(s, _mm_movehl_ps(s, s));
  s = _mm_add_ss(s, _mm_movehdup_ps(s));
  return _mm_cvtss_f32(s);
}

CK_WIDE_INLINE float ck_max8(__m256 v) {
  __m128 s = _mm_max_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
  s = _mm_max_ps(s, _mm_movehl_ps(s, s));
  s = _mm_max_ss(s, _mm_movehdup_ps(s));
  return _mm_cvtss_f32(s);
}

// Eight lanes.
#define LANES 8
#define LANE_INLINE CK_WIDE_INLINE
#define VECTOR __m256
#define V(op) _mm256_##op
#define V_INTEGER(a, b) _mm256_##a##256##b
#define V_ROUND(x) _mm256_round_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC)
#define V_HALVES(p) _mm_loadu_si128((const __m128i *)(p))
#define V_WHERE_UNEQUAL(a, b, x) _mm256_and_ps(_mm256_cmp_ps(a, b, _CMP_NEQ_UQ), x)
#define V_MAXIMUM(x) ck_max8(x)
#define V_SUM(x) ck_sum8(x)
#include "lanes.h"
#undef LANES
#undef LANE_INLINE
#undef VECTOR
#undef V
#undef V_INTEGER
#undef V_ROUND
#undef V_HALVES
#undef V_WHERE_UNEQUAL
#undef V_MAXIMUM
#undef V_SUM

// Sixteen lanes.
#define LANES 16
#define LANE_INLINE CK_WIDEST_INLINE
#define VECTOR __m512
#define V(op) _mm512_##op
#define V_INTEGER(a, b) _mm512_##a##512##b
#define V_ROUND(x) _mm512_roundscale_ps(x, _MM_FROUND_TO_NEAREST_INT)
#define V_HALVES(p) _mm256_loadu_si256((const __m256i *)(p))
#define V_WHERE_UNEQUAL(a, b, x) _mm512_maskz_mov_ps(_mm512_cmp_ps_mask(a, b, _CMP_NEQ_UQ), x)
#define V_MAXIMUM(x) _mm512_reduce_max_ps(x)
#define V_SUM(x) _mm512_reduce_add_ps(x)
#include "lanes.h"
#undef LANES
#undef LANE_INLINE
#undef VECTOR
#undef V
#undef V_INTEGER
#undef V_ROUND
#undef V_HALVES
#undef V_WHERE_UNEQUAL
#undef V_MAXIMUM
#undef V_SUM

/// Transposes 8 rows of 8 floats in registers.
CK_WIDE_INLINE void ck_transpose8(__m256 r[8]) {
  const __m256 t0 = _mm256_unpacklo_ps(r[0], r[1]), t1 = _mm256_unpackhi_ps(r[0], r[1]);
  const __m256 t2 = _mm256_unpacklo_ps(r[2], r[3]), t3 = _mm256_unpackhi_ps(r[2], r[3]);
  const __m256 t4 = _mm256_unpacklo_ps(r[4], r[5]), t5 = _mm256_unpackhi_ps(r[4], r[5]);
  const __m256 t6 = _mm256_unpacklo_ps(r[6], r[7]), t7 = _mm256_unpackhi_ps(r[6], r[7]);
  const __m256 u0 = _mm256_shuffle_ps(t0, t2, 0x44), u1 = _mm256_shuffle_ps(t0, t2, 0xEE);
  const __m256 u2 = _mm256_shuffle_ps(t1, t3, 0x44), u3 = _mm256_shuffle_ps(t1, t3, 0xEE);
  const __m256 u4 = _mm256_shuffle_ps(t4, t6, 0x44), u5 = _mm256_shuffle_ps(t4, t6, 0xEE);
  const __m256 u6 = _mm256_shuffle_ps(t5, t7, 0x44), u7 = _mm256_shuffle_ps(t5, t7, 0xEE);
  r[0] = _mm256_permute2f128_ps(u0, u4, 0x20);
  r[1] = _mm256_permute2f128_ps(u1, u5, 0x20);
  r[2] = _mm256_permute2f128_ps(u2, u6, 0x20);
  r[3] = _mm256_permute2f128_ps(u3, u7, 0x20);
  r[4] = _mm256_permute2f128_ps(u0, u4, 0x31);
  r[5] = _mm256_permute2f128_ps(u1, u5, 0x31);
  r[6] = _mm256_permute2f128_ps(u2, u6, 0x31);
  r[7] = _mm256_permute2f128_ps(u3, u7, 0x31);
}

/// Transposes 16 rows of 16 floats in registers.
CK_WIDEST_INLINE void ck_transpose16(__m512 r[16]) {
  __m512 t[16];
  // Pairs of rows, then fours, inside each quarter of a register: quarter q of r[4g + c] is column 4q + c of rows 4g ..< 4g + 4.
#pragma clang loop unroll(full)
  for (int i = 0; i < 8; i++) {
    t[2 * i] = _mm512_unpacklo_ps(r[2 * i], r[2 * i + 1]);
    t[2 * i + 1] = _mm512_unpackhi_ps(r[2 * i], r[2 * i + 1]);
  }
#pragma clang loop unroll(full)
  for (int g = 0; g < 4; g++) {
    r[4 * g] = _mm512_shuffle_ps(t[4 * g], t[4 * g + 2], 0x44);
    r[4 * g + 1] = _mm512_shuffle_ps(t[4 * g], t[4 * g + 2], 0xEE);
    r[4 * g + 2] = _mm512_shuffle_ps(t[4 * g + 1], t[4 * g + 3], 0x44);
    r[4 * g + 3] = _mm512_shuffle_ps(t[4 * g + 1], t[4 * g + 3], 0xEE);
  }
  // The quarters of the four groups change places.
#pragma clang loop unroll(full)
  for (int c = 0; c < 4; c++) {
    t[c] = _mm512_shuffle_f32x4(r[c], r[4 + c], 0x44);
    t[4 + c] = _mm512_shuffle_f32x4(r[c], r[4 + c], 0xEE);
    t[8 + c] = _mm512_shuffle_f32x4(r[8 + c], r[12 + c], 0x44);
    t[12 + c] = _mm512_shuffle_f32x4(r[8 + c], r[12 + c], 0xEE);
  }
#pragma clang loop unroll(full)
  for (int c = 0; c < 4; c++) {
    r[c] = _mm512_shuffle_f32x4(t[c], t[8 + c], 0x88);
    r[4 + c] = _mm512_shuffle_f32x4(t[c], t[8 + c], 0xDD);
    r[8 + c] = _mm512_shuffle_f32x4(t[4 + c], t[12 + c], 0x88);
    r[12 + c] = _mm512_shuffle_f32x4(t[4 + c], t[12 + c], 0xDD);
  }
}

#else
#define CK_HAS_WIDE 0
#endif
