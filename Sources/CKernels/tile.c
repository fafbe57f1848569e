#include "tile.h"

#include "include/ckernels_dispatch.h"
#include "plain.h"
#include "wide.h"

#if CK_HAS_WIDE

// `rows` and `element` are constants at every use, so the loops over rows disappear and the
// accumulators live in registers. Few rows have few independent sums: they take two steps of k at
// once into separate accumulators, to hide the latency of FMA.
CK_WIDE_INLINE void tile_wide(const int rows, const int element, const float *a, const void *b,
                              long depth, float *c, long c_stride, int accumulate,
                              const char *next) {
  __m256 s[CK_TILE_ROWS][2], u[CK_TILE_ROWS][2];
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

#define CK_TILE_CASE(R, E) \
  case R: tile_wide(R, E, a, b, depth, c, c_stride, accumulate, next); break;
#define CK_TILE_FUNCTION(NAME, E)                                                               \
  CK_WIDE static void NAME(int rows, const float *a, const void *b, long depth, float *c,       \
                           long c_stride, int accumulate, const char *next) {                   \
    switch (rows) {                                                                             \
      CK_TILE_CASE(1, E) CK_TILE_CASE(2, E) CK_TILE_CASE(3, E)                                  \
      CK_TILE_CASE(4, E) CK_TILE_CASE(5, E) CK_TILE_CASE(6, E)                                  \
    }                                                                                           \
  }
CK_TILE_FUNCTION(tile_f32, 0)
CK_TILE_FUNCTION(tile_f16, 1)
CK_TILE_FUNCTION(tile_bf16, 2)

// Eight columns of up to six rows are transposed in registers and stored `rows` floats apart; each
// store spills past its own numbers and the next one overwrites that.
CK_WIDE_INLINE void pack_wide(const int rows, float *target, const float *source, long stride,
                              long depth) {
  long k = 0;
  for (; k + 8 <= depth; k += 8) {
    __m256 r[8];
#pragma clang loop unroll(full)
    for (int i = 0; i < 8; i++)
      r[i] = i < rows ? _mm256_loadu_ps(source + i * stride + k) : _mm256_setzero_ps();
    ck_transpose8(r);
#pragma clang loop unroll(full)
    for (int i = 0; i < 8; i++) _mm256_storeu_ps(target + (k + i) * rows, r[i]);
  }
  for (; k < depth; k++)
    for (int i = 0; i < rows; i++) target[k * rows + i] = source[i * stride + k];
}

CK_WIDE static void pack_tile_wide(float *target, const float *source, long stride, int rows,
                                   long depth) {
  switch (rows) {
    case 1: memcpy(target, source, (size_t)depth * sizeof(float)); break;
    case 2: pack_wide(2, target, source, stride, depth); break;
    case 3: pack_wide(3, target, source, stride, depth); break;
    case 4: pack_wide(4, target, source, stride, depth); break;
    case 5: pack_wide(5, target, source, stride, depth); break;
    case 6: pack_wide(6, target, source, stride, depth); break;
  }
}
#endif

static inline __attribute__((always_inline)) void tile_plain(int element, int rows, const float *a,
                                                             const void *b, long depth, float *c,
                                                             long c_stride, int accumulate) {
  float s[CK_TILE_ROWS][CK_PANEL] = {{0}};
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

#define CK_PLAIN_FUNCTION(NAME, E)                                                        \
  static void NAME(int rows, const float *a, const void *b, long depth, float *c,         \
                   long c_stride, int accumulate, const char *next) {                     \
    (void)next;                                                                           \
    tile_plain(E, rows, a, b, depth, c, c_stride, accumulate);                            \
  }
CK_PLAIN_FUNCTION(tile_plain_f32, 0)
CK_PLAIN_FUNCTION(tile_plain_f16, 1)
CK_PLAIN_FUNCTION(tile_plain_bf16, 2)

static void pack_tile_plain(float *target, const float *source, long stride, int rows, long depth) {
  for (long k = 0; k < depth; k++)
    for (int i = 0; i < rows; i++) target[k * rows + i] = source[i * stride + k];
}

ck_tile_function ck_tile_for(int element) {
#if CK_HAS_WIDE
  if (ck_is_wide()) return element == 1 ? tile_f16 : element == 2 ? tile_bf16 : tile_f32;
#endif
  return element == 1 ? tile_plain_f16 : element == 2 ? tile_plain_bf16 : tile_plain_f32;
}

ck_pack_tile_function ck_pack_tile_for(void) {
#if CK_HAS_WIDE
  if (ck_is_wide()) return pack_tile_wide;
#endif
  return pack_tile_plain;
}
