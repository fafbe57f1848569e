// Norms, softmax and sums over rows.
#include "include/ckernels_rows.h"

#include "include/ckernels_dispatch.h"
#include "plain.h"
#include "wide.h"

#if CK_HAS_WIDE
CK_WIDE static float sum_wide(const float *x, long n) {
  __m256 s0 = _mm256_setzero_ps(), s1 = s0;
  long j = 0;
  for (; j + 16 <= n; j += 16) {
    s0 = _mm256_add_ps(s0, _mm256_loadu_ps(x + j));
    s1 = _mm256_add_ps(s1, _mm256_loadu_ps(x + j + 8));
  }
  float sum = ck_sum8(_mm256_add_ps(s0, s1));
  for (; j < n; j++) sum += x[j];
  return sum;
}

CK_WIDE static float squares_wide(const float *x, long n, float mean) {
  const __m256 m = _mm256_set1_ps(mean);
  __m256 s0 = _mm256_setzero_ps(), s1 = s0;
  long j = 0;
  for (; j + 16 <= n; j += 16) {
    const __m256 a = _mm256_sub_ps(_mm256_loadu_ps(x + j), m);
    const __m256 b = _mm256_sub_ps(_mm256_loadu_ps(x + j + 8), m);
    s0 = _mm256_fmadd_ps(a, a, s0);
    s1 = _mm256_fmadd_ps(b, b, s1);
  }
  float sum = ck_sum8(_mm256_add_ps(s0, s1));
  for (; j < n; j++) sum += (x[j] - mean) * (x[j] - mean);
  return sum;
}

CK_WIDE static void affine_wide(float *y, const float *x, long n, float mean, float inverse,
                                const float *weight, const float *bias) {
  const __m256 m = _mm256_set1_ps(mean), f = _mm256_set1_ps(inverse);
  long j = 0;
  for (; j + 8 <= n; j += 8) {
    __m256 v = _mm256_mul_ps(_mm256_sub_ps(_mm256_loadu_ps(x + j), m), f);
    v = _mm256_mul_ps(v, _mm256_loadu_ps(weight + j));
    if (bias) v = _mm256_add_ps(v, _mm256_loadu_ps(bias + j));
    _mm256_storeu_ps(y + j, v);
  }
  for (; j < n; j++) y[j] = (x[j] - mean) * inverse * weight[j] + (bias ? bias[j] : 0);
}

CK_WIDE static void softmax_wide(float *x, long n, float scale) {
  __m256 top = _mm256_set1_ps(-INFINITY);
  long j = 0;
  for (; j + 8 <= n; j += 8) top = _mm256_max_ps(top, _mm256_loadu_ps(x + j));
  float maximum = ck_max8(top);
  for (; j < n; j++) maximum = x[j] > maximum ? x[j] : maximum;
  if (maximum == -INFINITY) maximum = 0;
  const __m256 f = _mm256_set1_ps(scale), shift = _mm256_set1_ps(maximum * scale);
  __m256 total = _mm256_setzero_ps();
  for (j = 0; j + 8 <= n; j += 8) {
    const __m256 e = ck_weight8(_mm256_loadu_ps(x + j), f, shift);
    _mm256_storeu_ps(x + j, e);
    total = _mm256_add_ps(total, e);
  }
  float sum = ck_sum8(total);
  for (; j < n; j++) {
    x[j] = x[j] == -INFINITY ? 0 : expf((x[j] - maximum) * scale);
    sum += x[j];
  }
  const float inverse = sum > 0 ? 1 / sum : 0;
  for (j = 0; j < n; j++) x[j] *= inverse;
}
#endif

static float sum_of(const float *x, long n) {
#if CK_HAS_WIDE
  if (ck_is_wide()) return sum_wide(x, n);
#endif
  double sum = 0;
  for (long j = 0; j < n; j++) sum += x[j];
  return (float)sum;
}

static float squares_of(const float *x, long n, float mean) {
#if CK_HAS_WIDE
  if (ck_is_wide()) return squares_wide(x, n, mean);
#endif
  double sum = 0;
  for (long j = 0; j < n; j++) sum += (double)(x[j] - mean) * (x[j] - mean);
  return (float)sum;
}

static void affine(float *y, const float *x, long n, float mean, float inverse,
                   const float *weight, const float *bias) {
#if CK_HAS_WIDE
  if (ck_is_wide()) {
    affine_wide(y, x, n, mean, inverse, weight, bias);
    return;
  }
#endif
  for (long j = 0; j < n; j++) y[j] = (x[j] - mean) * inverse * weight[j] + (bias ? bias[j] : 0);
}

void ck_layer_norm(float *target, long target_stride, const float *source, long source_stride,
                   long rows, long width, const float *weight, const float *bias, float epsilon) {
  for (long r = 0; r < rows; r++) {
    const float *x = source + r * source_stride;
    const float mean = sum_of(x, width) / (float)width;
    const float variance = squares_of(x, width, mean) / (float)width;
    affine(target + r * target_stride, x, width, mean, 1 / sqrtf(variance + epsilon), weight, bias);
  }
}

void ck_softmax(float *values, long stride, long rows, long width, float scale) {
  for (long r = 0; r < rows; r++) {
    float *x = values + r * stride;
#if CK_HAS_WIDE
    if (ck_is_wide()) {
      softmax_wide(x, width, scale);
      continue;
    }
#endif
    const float sum = ck_exponentials1(x, width, scale);
    const float inverse = sum > 0 ? 1 / sum : 0;
    for (long j = 0; j < width; j++) x[j] *= inverse;
  }
}

void ck_unit_norm(float *values, long stride, long rows, long width, float floor) {
  for (long r = 0; r < rows; r++) {
    float *x = values + r * stride;
    const float norm = sqrtf(squares_of(x, width, 0));
    const float divisor = norm > floor ? norm : floor;
    if (divisor == 0) continue;
    for (long j = 0; j < width; j++) x[j] /= divisor;
  }
}

void ck_add_rows(float *target, long target_stride, const float *source, long source_stride,
                 long rows, long width) {
  for (long r = 0; r < rows; r++)
    for (long j = 0; j < width; j++) target[r * target_stride + j] += source[r * source_stride + j];
}

void ck_scale_columns(float *target, long stride, long rows, long width, const float *factors) {
  for (long r = 0; r < rows; r++)
    for (long j = 0; j < width; j++) target[r * stride + j] *= factors[j];
}

void ck_mean_rows(float *target, const float *source, long stride, long rows, long width) {
  for (long j = 0; j < width; j++) target[j] = 0;
  for (long r = 0; r < rows; r++)
    for (long j = 0; j < width; j++) target[j] += source[r * stride + j];
  if (rows > 0)
    for (long j = 0; j < width; j++) target[j] /= (float)rows;
}
