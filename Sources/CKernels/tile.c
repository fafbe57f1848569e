#include "tile.h"

#include "include/ckernels_dispatch.h"
#include "plain.h"
#include "wide.h"

#if CK_HAS_WIDE

enum { WIDE_ROWS = 6, WIDEST_ROWS = 12 };

// `rows`, `panels` and `element` are constants at every use, so the loops over rows disappear and the
// accumulators live in registers. Few rows have few independent sums: they take two steps of k at
// once into separate accumulators, to hide the latency of FMA.
CK_WIDE_INLINE void tile_wide(const int rows, const ck_element element, const float *a,
                              const void *b, long depth, float *c, long c_stride, int accumulate,
                              const char *next) {
  __m256 s[WIDE_ROWS][2], u[WIDE_ROWS][2];
#pragma clang loop unroll(full)
  for (int i = 0; i < rows; i++) {
    s[i][0] = s[i][1] = u[i][0] = u[i][1] = _mm256_setzero_ps();
    _mm_prefetch((const char *)(c + i * c_stride), _MM_HINT_T0);
  }
  long k = 0;
  for (; k + 4 <= depth; k += 4) {
    _mm_prefetch(next + k * 16, _MM_HINT_T1);
#pragma clang loop unroll(full)
    for (int step = 0; step < 4; step++) {
      const __m256 b0 = ck_load8(b, (k + step) * CK_PANEL, element);
      const __m256 b1 = ck_load8(b, (k + step) * CK_PANEL + 8, element);
#pragma clang loop unroll(full)
      for (int i = 0; i < rows; i++) {
        const __m256 x = _mm256_broadcast_ss(a + (k + step) * rows + i);
        if (rows <= 3 && step % 2 == 1) {
          u[i][0] = _mm256_fmadd_ps(x, b0, u[i][0]);
          u[i][1] = _mm256_fmadd_ps(x, b1, u[i][1]);
        } else {
          s[i][0] = _mm256_fmadd_ps(x, b0, s[i][0]);
          s[i][1] = _mm256_fmadd_ps(x, b1, s[i][1]);
        }
        // Loads of later rows stay behind this line: done early they would push accumulators out of registers.
        __asm__ volatile("" : "+x"(s[i][0]), "+x"(s[i][1]) : : "memory");
      }
    }
  }
  for (; k < depth; k++) {
    const __m256 b0 = ck_load8(b, k * CK_PANEL, element);
    const __m256 b1 = ck_load8(b, k * CK_PANEL + 8, element);
#pragma clang loop unroll(full)
    for (int i = 0; i < rows; i++) {
      const __m256 x = _mm256_broadcast_ss(a + k * rows + i);
      s[i][0] = _mm256_fmadd_ps(x, b0, s[i][0]);
      s[i][1] = _mm256_fmadd_ps(x, b1, s[i][1]);
    }
  }
#pragma clang loop unroll(full)
  for (int i = 0; i < rows; i++) {
    float *row = c + i * c_stride;
    if (rows <= 3) {
      s[i][0] = _mm256_add_ps(s[i][0], u[i][0]);
      s[i][1] = _mm256_add_ps(s[i][1], u[i][1]);
    }
    if (accumulate) {
      s[i][0] = _mm256_add_ps(s[i][0], _mm256_loadu_ps(row));
      s[i][1] = _mm256_add_ps(s[i][1], _mm256_loadu_ps(row + 8));
    }
    _mm256_storeu_ps(row, s[i][0]);
    _mm256_storeu_ps(row + 8, s[i][1]);
  }
}

#define WIDE_CASE(R, E) \
  case R: tile_wide(R, E, a, b, depth, c, c_stride, accumulate, next); break;
#define WIDE_FUNCTION(NAME, E)                                                                  \
  CK_WIDE static void NAME(int rows, int panels, const float *a, const void *b,                 \
                           long panel_stride, long depth, float *c, long c_stride,              \
                           int accumulate, const char *next) {                                  \
    (void)panels, (void)panel_stride;                                                           \
    switch (rows) {                                                                             \
      WIDE_CASE(1, E) WIDE_CASE(2, E) WIDE_CASE(3, E)                                           \
      WIDE_CASE(4, E) WIDE_CASE(5, E) WIDE_CASE(6, E)                                           \
    }                                                                                           \
  }
WIDE_FUNCTION(tile_wide_f32, CK_F32)
WIDE_FUNCTION(tile_wide_f16, CK_F16)
WIDE_FUNCTION(tile_wide_bf16, CK_BF16)

// One step of k.
CK_WIDEST_INLINE void step_widest(const int rows, const int panels, const ck_element element,
                                  const float *a, const void *b, long panel_stride, long k,
                                  __m512 s[WIDEST_ROWS][CK_TILE_PANELS]) {
  __m512 y[CK_TILE_PANELS];
#pragma clang loop unroll(full)
  for (int p = 0; p < panels; p++) y[p] = ck_load16(b, p * panel_stride + k * CK_PANEL, element);
#pragma clang loop unroll(full)
  for (int i = 0; i < rows; i++) {
    const __m512 x = _mm512_set1_ps(a[k * rows + i]);
#pragma clang loop unroll(full)
    for (int p = 0; p < panels; p++) s[i][p] = _mm512_fmadd_ps(x, y[p], s[i][p]);
  }
}

// The same with 32 registers of 16 floats: 12 rows and two panels are 24 accumulators, and a broadcast
// number of A serves both panels.
CK_WIDEST_INLINE void tile_widest(const int rows, const int panels, const ck_element element,
                                  const float *a, const void *b, long panel_stride, long depth,
                                  float *c, long c_stride, int accumulate, const char *next) {
  __m512 s[WIDEST_ROWS][CK_TILE_PANELS];
#pragma clang loop unroll(full)
  for (int i = 0; i < rows; i++)
#pragma clang loop unroll(full)
    for (int p = 0; p < panels; p++) {
      s[i][p] = _mm512_setzero_ps();
      _mm_prefetch((const char *)(c + i * c_stride + p * CK_PANEL), _MM_HINT_T0);
    }
  long k = 0;
  for (; k + 2 <= depth; k += 2) {
    _mm_prefetch(next + k * 32 * panels, _MM_HINT_T1);
    if (panels > 1) _mm_prefetch(next + k * 32 * panels + 64, _MM_HINT_T1);
#pragma clang loop unroll(full)
    for (int step = 0; step < 2; step++)
      step_widest(rows, panels, element, a, b, panel_stride, k + step, s);
  }
  for (; k < depth; k++) step_widest(rows, panels, element, a, b, panel_stride, k, s);
#pragma clang loop unroll(full)
  for (int i = 0; i < rows; i++)
#pragma clang loop unroll(full)
    for (int p = 0; p < panels; p++) {
      float *row = c + i * c_stride + p * CK_PANEL;
      if (accumulate) s[i][p] = _mm512_add_ps(s[i][p], _mm512_loadu_ps(row));
      _mm512_storeu_ps(row, s[i][p]);
    }
}

#define WIDEST_CASE(R, P, E) \
  case R: tile_widest(R, P, E, a, b, panel_stride, depth, c, c_stride, accumulate, next); break;
#define WIDEST_SWITCH(P, E)                                                                     \
  switch (rows) {                                                                               \
    WIDEST_CASE(1, P, E) WIDEST_CASE(2, P, E) WIDEST_CASE(3, P, E) WIDEST_CASE(4, P, E)         \
    WIDEST_CASE(5, P, E) WIDEST_CASE(6, P, E) WIDEST_CASE(7, P, E) WIDEST_CASE(8, P, E)         \
    WIDEST_CASE(9, P, E) WIDEST_CASE(10, P, E) WIDEST_CASE(11, P, E) WIDEST_CASE(12, P, E)      \
  }
#define WIDEST_FUNCTION(NAME, E)                                                                \
  CK_WIDEST static void NAME(int rows, int panels, const float *a, const void *b,               \
                             long panel_stride, long depth, float *c, long c_stride,            \
                             int accumulate, const char *next) {                                \
    if (panels == 2)                                                                            \
      WIDEST_SWITCH(2, E)                                                                       \
    else                                                                                        \
      WIDEST_SWITCH(1, E)                                                                       \
  }
WIDEST_FUNCTION(tile_widest_f32, CK_F32)
WIDEST_FUNCTION(tile_widest_f16, CK_F16)
WIDEST_FUNCTION(tile_widest_bf16, CK_BF16)

// Eight columns of up to twelve rows at a time are transposed in registers, eight rows at once, and stored `rows`
// floats apart; each store spills past its own numbers and a later one overwrites that.
CK_WIDE_INLINE void pack_wide(const int rows, float *target, const float *source, long stride,
                              long depth) {
  long k = 0;
  for (; k + 8 <= depth; k += 8) {
    __m256 r[2][8];
#pragma clang loop unroll(full)
    for (int half = 0; half * 8 < rows; half++) {
#pragma clang loop unroll(full)
      for (int i = 0; i < 8; i++)
        r[half][i] = half * 8 + i < rows ? _mm256_loadu_ps(source + (half * 8 + i) * stride + k)
                                         : _mm256_setzero_ps();
      ck_transpose8(r[half]);
    }
#pragma clang loop unroll(full)
    for (int i = 0; i < 8; i++)
#pragma clang loop unroll(full)
      for (int half = 0; half * 8 < rows; half++)
        _mm256_storeu_ps(target + (k + i) * rows + half * 8, r[half][i]);
  }
  for (; k < depth; k++)
    for (int i = 0; i < rows; i++) target[k * rows + i] = source[i * stride + k];
}

#define PACK_CASE(R) \
  case R: pack_wide(R, target, source, stride, depth); break;
CK_WIDE static void pack_tile_wide(float *target, const float *source, long stride, int rows,
                                   long depth) {
  switch (rows) {
    case 1: memcpy(target, source, (size_t)depth * sizeof(float)); break;
    PACK_CASE(2) PACK_CASE(3) PACK_CASE(4) PACK_CASE(5) PACK_CASE(6) PACK_CASE(7)
    PACK_CASE(8) PACK_CASE(9) PACK_CASE(10) PACK_CASE(11) PACK_CASE(12)
  }
}
#endif

enum { PLAIN_ROWS = 6 };

static inline __attribute__((always_inline)) void tile_plain(ck_element element, int rows,
                                                             const float *a, const void *b,
                                                             long depth, float *c, long c_stride,
                                                             int accumulate) {
  float s[PLAIN_ROWS][CK_PANEL] = {{0}};
  for (long k = 0; k < depth; k++) {
    float y[CK_PANEL];
    for (int j = 0; j < CK_PANEL; j++) y[j] = ck_load1(b, k * CK_PANEL + j, element);
    for (int i = 0; i < rows; i++)
      for (int j = 0; j < CK_PANEL; j++) s[i][j] += a[k * rows + i] * y[j];
  }
  for (int i = 0; i < rows; i++)
    for (int j = 0; j < CK_PANEL; j++) {
      float *target = c + i * c_stride + j;
      *target = accumulate ? *target + s[i][j] : s[i][j];
    }
}

#define PLAIN_FUNCTION(NAME, E)                                                           \
  static void NAME(int rows, int panels, const float *a, const void *b, long panel_stride, \
                   long depth, float *c, long c_stride, int accumulate, const char *next) { \
    (void)panels, (void)panel_stride, (void)next;                                         \
    tile_plain(E, rows, a, b, depth, c, c_stride, accumulate);                            \
  }
PLAIN_FUNCTION(tile_plain_f32, CK_F32)
PLAIN_FUNCTION(tile_plain_f16, CK_F16)
PLAIN_FUNCTION(tile_plain_bf16, CK_BF16)

static void pack_tile_plain(float *target, const float *source, long stride, int rows, long depth) {
  for (long k = 0; k < depth; k++)
    for (int i = 0; i < rows; i++) target[k * rows + i] = source[i * stride + k];
}

#define BY_ELEMENT(NAME) \
  (const ck_tile_function[]) { [CK_F32] = NAME##_f32, [CK_F16] = NAME##_f16, [CK_BF16] = NAME##_bf16 }

ck_tile ck_tile_for(ck_element element) {
#if CK_HAS_WIDE
  if (ck_is_widest())
    return (ck_tile){WIDEST_ROWS, CK_TILE_PANELS, 32, BY_ELEMENT(tile_widest)[element]};
  if (ck_is_wide()) return (ck_tile){WIDE_ROWS, 1, 16, BY_ELEMENT(tile_wide)[element]};
#endif
  return (ck_tile){PLAIN_ROWS, 1, 16, BY_ELEMENT(tile_plain)[element]};
}

ck_pack_tile_function ck_pack_tile_for(void) {
#if CK_HAS_WIDE
  if (ck_is_wide()) return pack_tile_wide;
#endif
  return pack_tile_plain;
}
