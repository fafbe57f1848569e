// What happens to finished products: bias, activation, LayerScale, residual or gate.
#include "epilogue.h"

#include "include/ckernels_dispatch.h"
#include "plain.h"
#include "wide.h"

#if CK_HAS_WIDE
CK_WIDE_INLINE __m256 activate8(__m256 x, const int activation) {
  switch (activation) {
    case CK_QUICK_GELU: return ck_swish8(x, _mm256_mul_ps(x, _mm256_set1_ps(1.702f)));
    case CK_GELU: return ck_gelu8(x);
    case CK_GELU_TANH: return ck_gelu_tanh8(x);
    case CK_RELU: return _mm256_max_ps(x, _mm256_setzero_ps());
    default: return x;
  }
}

CK_WIDE_INLINE long finish_wide(float *c, long c_stride, long rows, long columns, long first,
                                const ck_epilogue *e, const int activation) {
  const long whole = columns / 8 * 8;
  for (long i = 0; i < rows; i++) {
    float *row = c + i * c_stride;
    const float *operand = e->operand ? e->operand + i * e->operand_stride + first : 0;
    for (long j = 0; j < whole; j += 8) {
      __m256 x = _mm256_loadu_ps(row + j);
      if (e->bias) x = _mm256_add_ps(x, _mm256_loadu_ps(e->bias + first + j));
      x = activate8(x, activation);
      if (e->scale) x = _mm256_mul_ps(x, _mm256_loadu_ps(e->scale + first + j));
      if (operand) {
        const __m256 y = _mm256_loadu_ps(operand + j);
        x = activation == CK_SILU_GATE ? _mm256_mul_ps(x, ck_swish8(y, y)) : _mm256_add_ps(x, y);
      }
      if (activation == CK_SUM_RELU) x = _mm256_max_ps(x, _mm256_setzero_ps());
      _mm256_storeu_ps(row + j, x);
    }
  }
  return whole;
}

CK_WIDE static long finish_dispatch(float *c, long c_stride, long rows, long columns, long first,
                                    const ck_epilogue *e) {
  switch (e->activation) {
    case CK_QUICK_GELU: return finish_wide(c, c_stride, rows, columns, first, e, CK_QUICK_GELU);
    case CK_GELU: return finish_wide(c, c_stride, rows, columns, first, e, CK_GELU);
    case CK_GELU_TANH: return finish_wide(c, c_stride, rows, columns, first, e, CK_GELU_TANH);
    case CK_RELU: return finish_wide(c, c_stride, rows, columns, first, e, CK_RELU);
    case CK_SILU_GATE: return finish_wide(c, c_stride, rows, columns, first, e, CK_SILU_GATE);
    case CK_SUM_RELU: return finish_wide(c, c_stride, rows, columns, first, e, CK_SUM_RELU);
    default: return finish_wide(c, c_stride, rows, columns, first, e, CK_IDENTITY);
  }
}
#endif

static float activate1(float x, ck_activation activation) {
  switch (activation) {
    case CK_QUICK_GELU: return ck_swish1(x, 1.702f * x);
    case CK_GELU: return ck_gelu1(x);
    case CK_GELU_TANH: return ck_gelu_tanh1(x);
    case CK_RELU: return x > 0 ? x : 0;
    default: return x;
  }
}

void ck_finish(float *c, long c_stride, long rows, long columns, long first,
               const ck_epilogue *e) {
  if (!e->bias && !e->scale && !e->operand && e->activation == CK_IDENTITY) return;
  long done = 0;
#if CK_HAS_WIDE
  if (ck_is_wide()) done = finish_dispatch(c, c_stride, rows, columns, first, e);
#endif
  for (long i = 0; i < rows; i++)
    for (long j = done; j < columns; j++) {
      float x = c[i * c_stride + j];
      if (e->bias) x += e->bias[first + j];
      x = activate1(x, e->activation);
      if (e->scale) x *= e->scale[first + j];
      if (e->operand) {
        const float y = e->operand[i * e->operand_stride + first + j];
        x = e->activation == CK_SILU_GATE ? x * ck_swish1(y, y) : x + y;
      }
      if (e->activation == CK_SUM_RELU) x = x > 0 ? x : 0;
      c[i * c_stride + j] = x;
    }
}
