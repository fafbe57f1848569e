// What happens to finished products: bias, activation, LayerScale, residual or gate.
#include "include/ckernels_dispatch.h"
#include "include/ckernels_product.h"
#include "plain.h"
#include "wide.h"

#if CK_HAS_WIDE
#define FINISH_LANES 8
#define FINISH_TARGET CK_WIDE
#define FINISH_INLINE CK_WIDE_INLINE
#define FINISH_VECTOR __m256
#define F(op) _mm256_##op
#include "finish.h"

#define FINISH_LANES 16
#define FINISH_TARGET CK_WIDEST
#define FINISH_INLINE CK_WIDEST_INLINE
#define FINISH_VECTOR __m512
#define F(op) _mm512_##op
#include "finish.h"
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
  if (ck_is_widest() && columns >= 16)
    done = finish16(c, c_stride, rows, columns, first, e);
  else if (ck_is_wide())
    done = finish8(c, c_stride, rows, columns, first, e);
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
