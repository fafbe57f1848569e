// Rotary position embedding, applied to queries and keys in place.
#include "include/ckernels_attention.h"
#include "include/ckernels_dispatch.h"
#include "plain.h"
#include "wide.h"

#if CK_HAS_WIDE
CK_WIDE static long rotate_pairs_wide(float *x, const float *c, const float *s, long width) {
  long d = 0;
  for (; d + 8 <= width; d += 8) {
    const __m256 v = _mm256_loadu_ps(x + d);
    const __m256 swapped = _mm256_permute_ps(v, 0xB1);
    _mm256_storeu_ps(x + d, _mm256_fmadd_ps(v, _mm256_loadu_ps(c + d),
                                            _mm256_mul_ps(swapped, _mm256_loadu_ps(s + d))));
  }
  return d;
}
#endif

void ck_rotate(float *vectors, long token_stride, long tokens, long heads, long width,
               const float *cosines, const float *sines) {
  for (long t = 0; t < tokens; t++)
    for (long h = 0; h < heads; h++) {
      float *x = vectors + t * token_stride + h * width;
      const float *c = cosines + t * width, *s = sines + t * width;
      long d = 0;
#if CK_HAS_WIDE
      if (ck_is_wide()) d = rotate_pairs_wide(x, c, s, width);
#endif
      for (; d + 2 <= width; d += 2) {
        const float a = x[d], b = x[d + 1];
        x[d] = a * c[d] + b * s[d];
        x[d + 1] = b * c[d + 1] + a * s[d + 1];
      }
    }
}
