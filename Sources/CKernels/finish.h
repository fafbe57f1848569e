// The epilogue over whole vectors, for 8 or 16 lanes; epilogue.c includes it once for each and defines
// FINISH_LANES, FINISH_TARGET and FINISH_INLINE (attributes), FINISH_VECTOR and F(op) (the intrinsic of that width).
#define FINISH_JOIN(a, b) a##b
#define FINISH_EXPAND(a, b) FINISH_JOIN(a, b)
#define FINISH_NAME(name) FINISH_EXPAND(name, FINISH_LANES)

FINISH_INLINE FINISH_VECTOR FINISH_NAME(activate)(FINISH_VECTOR x, const int activation) {
  switch (activation) {
    case CK_QUICK_GELU: return FINISH_NAME(ck_swish)(x, F(mul_ps)(x, F(set1_ps)(1.702f)));
    case CK_GELU: return FINISH_NAME(ck_gelu)(x);
    case CK_GELU_TANH: return FINISH_NAME(ck_gelu_tanh)(x);
    case CK_RELU: return F(max_ps)(x, F(setzero_ps)());
    default: return x;
  }
}

FINISH_INLINE long FINISH_NAME(finish_rows)(float *c, long c_stride, long rows, long columns,
                                            long first, const ck_epilogue *e,
                                            const int activation) {
  const long whole = columns / FINISH_LANES * FINISH_LANES;
  for (long i = 0; i < rows; i++) {
    float *row = c + i * c_stride;
    const float *operand = e->operand ? e->operand + i * e->operand_stride + first : 0;
    for (long j = 0; j < whole; j += FINISH_LANES) {
      FINISH_VECTOR x = F(loadu_ps)(row + j);
      if (e->bias) x = F(add_ps)(x, F(loadu_ps)(e->bias + first + j));
      x = FINISH_NAME(activate)(x, activation);
      if (e->scale) x = F(mul_ps)(x, F(loadu_ps)(e->scale + first + j));
      if (operand) {
        const FINISH_VECTOR y = F(loadu_ps)(operand + j);
        x = activation == CK_SILU_GATE ? F(mul_ps)(x, FINISH_NAME(ck_swish)(y, y))
                                       : F(add_ps)(x, y);
      }
      if (activation == CK_SUM_RELU) x = F(max_ps)(x, F(setzero_ps)());
      F(storeu_ps)(row + j, x);
    }
  }
  return whole;
}

#define FINISH_CASE(A) \
  case A: return FINISH_NAME(finish_rows)(c, c_stride, rows, columns, first, e, A);
/// Whole vectors of each row; the result is the number of columns that are done.
FINISH_TARGET static long FINISH_NAME(finish)(float *c, long c_stride, long rows, long columns,
                                              long first, const ck_epilogue *e) {
  switch (e->activation) {
    FINISH_CASE(CK_QUICK_GELU)
    FINISH_CASE(CK_GELU)
    FINISH_CASE(CK_GELU_TANH)
    FINISH_CASE(CK_RELU)
    FINISH_CASE(CK_SILU_GATE)
    FINISH_CASE(CK_SUM_RELU)
    default: return FINISH_NAME(finish_rows)(c, c_stride, rows, columns, first, e, CK_IDENTITY);
  }
}

#undef FINISH_CASE
#undef FINISH_NAME
#undef FINISH_EXPAND
#undef FINISH_JOIN
#undef FINISH_LANES
#undef FINISH_TARGET
#undef FINISH_INLINE
#undef FINISH_VECTOR
#undef F
