// A burst of multiply-adds on registers alone: what the machine can do at best.
#include "include/ckernels_dispatch.h"
#include "wide.h"

enum { CK_BURST_SUMS = 12 };

#if CK_HAS_WIDE
// The sums pass through an empty statement, so that the compiler neither drops nor reorders them away.
CK_WIDE static float burst_wide(long steps) {
  __m256 s[CK_BURST_SUMS];
  const __m256 x = _mm256_set1_ps(0.999f), y = _mm256_set1_ps(1e-3f);
  for (int i = 0; i < CK_BURST_SUMS; i++) s[i] = _mm256_set1_ps((float)i);
  for (long step = 0; step < steps; step++) {
#pragma clang loop unroll(full)
    for (int i = 0; i < CK_BURST_SUMS; i++) {
      s[i] = _mm256_fmadd_ps(s[i], x, y);
      __asm__ volatile("" : "+x"(s[i]));
    }
  }
  for (int i = 1; i < CK_BURST_SUMS; i++) s[0] = _mm256_add_ps(s[0], s[i]);
  return ck_sum8(s[0]);
}

CK_WIDEST static float burst_widest(long steps) {
  __m512 s[CK_BURST_SUMS];
  const __m512 x = _mm512_set1_ps(0.999f), y = _mm512_set1_ps(1e-3f);
  for (int i = 0; i < CK_BURST_SUMS; i++) s[i] = _mm512_set1_ps((float)i);
  for (long step = 0; step < steps; step++) {
#pragma clang loop unroll(full)
    for (int i = 0; i < CK_BURST_SUMS; i++) {
      s[i] = _mm512_fmadd_ps(s[i], x, y);
      __asm__ volatile("" : "+v"(s[i]));
    }
  }
  for (int i = 1; i < CK_BURST_SUMS; i++) s[0] = _mm512_add_ps(s[0], s[i]);
  return _mm512_reduce_add_ps(s[0]);
}
#endif

static float burst_plain(long steps) {
  float s[CK_BURST_SUMS];
  for (int i = 0; i < CK_BURST_SUMS; i++) s[i] = (float)i;
  for (long step = 0; step < steps; step++)
    for (int i = 0; i < CK_BURST_SUMS; i++) s[i] = s[i] * 0.999f + 1e-3f;
  float sum = 0;
  for (int i = 0; i < CK_BURST_SUMS; i++) sum += s[i];
  return sum;
}

long ck_multiply_add_burst(long steps, float *result) {
#if CK_HAS_WIDE
  if (ck_is_widest()) {
    *result = burst_widest(steps);
    return steps * CK_BURST_SUMS * 16;
  }
  if (ck_is_wide()) {
    *result = burst_wide(steps);
    return steps * CK_BURST_SUMS * 8;
  }
#endif
  *result = burst_plain(steps);
  return steps * CK_BURST_SUMS;
}
