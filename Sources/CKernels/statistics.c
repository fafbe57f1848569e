// Moments and histograms of raw numbers in one pass over the bytes.
#include "include/ckernels_statistics.h"

#include <math.h>
#include <string.h>

#include "include/ckernels_dispatch.h"

static inline void add_value(double value, uint32_t float_bits, ck_moments *moments, uint32_t *cells) {
  ck_add_distance(moments, value, 1);
  if (value < moments->minimum) moments->minimum = value;
  if (value > moments->maximum) moments->maximum = value;
  moments->finite_count += 1;
  moments->zero_count += value == 0;
  cells[float_bits >> 16] += 1;
}

static inline void add_special(int is_nan, int is_negative, ck_moments *moments) {
  if (is_nan) {
    moments->nan_count += 1;
  } else if (is_negative) {
    moments->negative_infinity_count += 1;
  } else {
    moments->positive_infinity_count += 1;
  }
}

void ck_statistics_f32_plain(const void *values, size_t count, ck_moments *moments, uint32_t *cells) {
  const unsigned char *bytes = values;
  for (size_t i = 0; i < count; i++) {
    uint32_t bits;
    float value;
    memcpy(&bits, bytes + 4 * i, 4);
    memcpy(&value, &bits, 4);
    if ((bits & 0x7F800000u) == 0x7F800000u) {
      add_special((bits & 0x007FFFFFu) != 0, bits >> 31, moments);
    } else {
      add_value(value, bits, moments, cells + (i & 1) * CK_CELL_COUNT);
    }
  }
}

void ck_statistics_f64(const void *values, size_t count, ck_moments *moments, uint32_t *cells) {
  const unsigned char *bytes = values;
  for (size_t i = 0; i < count; i++) {
    double value;
    memcpy(&value, bytes + 8 * i, 8);
    if (!isfinite(value)) {
      add_special(isnan(value), signbit(value) != 0, moments);
      continue;
    }
    // Beyond the range of float32 the last finite cell takes all.
    float nearest = value > 3.4028234e38 ? 3.4028234e38f : value < -3.4028234e38 ? -3.4028234e38f : (float)value;
    if (fabs((double)nearest) > fabs(value)) nearest = nextafterf(nearest, 0);
    uint32_t bits;
    memcpy(&bits, &nearest, 4);
    add_value(value, bits, moments, cells + (i & 1) * CK_CELL_COUNT);
  }
}

#if defined(__x86_64__)
#include <immintrin.h>

__attribute__((target("avx2,fma"))) static void statistics_f32_avx2(
    const void *values, size_t count, ck_moments *moments, uint32_t *cells) {
  const float *source = values;
  uint32_t *first = cells;
  uint32_t *second = cells + CK_CELL_COUNT;
  const __m256i exponent = _mm256_set1_epi32(0x7F800000);
  const __m256 zero = _mm256_setzero_ps();
  const __m256d shift = _mm256_set1_pd(moments->shift);
  __m256d sum0 = _mm256_setzero_pd(), sum1 = sum0, square0 = sum0, square1 = sum0;
  __m256 low = _mm256_set1_ps(INFINITY), high = _mm256_set1_ps(-INFINITY);
  __m256i zeros = _mm256_setzero_si256();
  uint64_t finite = 0;
  size_t i = 0;
  for (; i + 16 <= count; i += 16) {
    __m256 a = _mm256_loadu_ps(source + i);
    __m256 b = _mm256_loadu_ps(source + i + 8);
    __m256i abits = _mm256_castps_si256(a), bbits = _mm256_castps_si256(b);
    __m256i special = _mm256_or_si256(
        _mm256_cmpeq_epi32(_mm256_and_si256(abits, exponent), exponent),
        _mm256_cmpeq_epi32(_mm256_and_si256(bbits, exponent), exponent));
    if (__builtin_expect(!_mm256_testz_si256(special, special), 0)) {
      // NaN and infinities are rare, but a mask is full of them: the plain loop takes these sixteen.
      ck_statistics_f32_plain(source + i, 16, moments, cells);
      continue;
    }
    low = _mm256_min_ps(low, _mm256_min_ps(a, b));
    high = _mm256_max_ps(high, _mm256_max_ps(a, b));
    zeros = _mm256_sub_epi32(zeros, _mm256_castps_si256(_mm256_cmp_ps(a, zero, _CMP_EQ_OQ)));
    zeros = _mm256_sub_epi32(zeros, _mm256_castps_si256(_mm256_cmp_ps(b, zero, _CMP_EQ_OQ)));
    __m256d d0 = _mm256_sub_pd(_mm256_cvtps_pd(_mm256_castps256_ps128(a)), shift);
    __m256d d1 = _mm256_sub_pd(_mm256_cvtps_pd(_mm256_extractf128_ps(a, 1)), shift);
    __m256d d2 = _mm256_sub_pd(_mm256_cvtps_pd(_mm256_castps256_ps128(b)), shift);
    __m256d d3 = _mm256_sub_pd(_mm256_cvtps_pd(_mm256_extractf128_ps(b, 1)), shift);
    sum0 = _mm256_add_pd(sum0, _mm256_add_pd(d0, d1));
    sum1 = _mm256_add_pd(sum1, _mm256_add_pd(d2, d3));
    square0 = _mm256_fmadd_pd(d0, d0, square0);
    square1 = _mm256_fmadd_pd(d1, d1, square1);
    square0 = _mm256_fmadd_pd(d2, d2, square0);
    square1 = _mm256_fmadd_pd(d3, d3, square1);
    // Upper halves as one vector of sixteen 16-bit keys, four of them to a 64-bit word.
    __m256i keys = _mm256_packus_epi32(_mm256_srli_epi32(abits, 16), _mm256_srli_epi32(bbits, 16));
    uint64_t w0 = (uint64_t)_mm256_extract_epi64(keys, 0), w1 = (uint64_t)_mm256_extract_epi64(keys, 1);
    uint64_t w2 = (uint64_t)_mm256_extract_epi64(keys, 2), w3 = (uint64_t)_mm256_extract_epi64(keys, 3);
#define COUNT_FOUR(word)              \
  first[(word) & 0xFFFF] += 1;        \
  second[(word) >> 16 & 0xFFFF] += 1; \
  first[(word) >> 32 & 0xFFFF] += 1;  \
  second[(word) >> 48] += 1;
    COUNT_FOUR(w0)
    COUNT_FOUR(w1)
    COUNT_FOUR(w2)
    COUNT_FOUR(w3)
    finite += 16;
  }
  double sums[4], squares[4];
  float lows[8], highs[8];
  uint32_t zero_counts[8];
  _mm256_storeu_pd(sums, _mm256_add_pd(sum0, sum1));
  _mm256_storeu_pd(squares, _mm256_add_pd(square0, square1));
  _mm256_storeu_ps(lows, low);
  _mm256_storeu_ps(highs, high);
  _mm256_storeu_si256((__m256i *)zero_counts, zeros);
  for (int lane = 0; lane < 8; lane++) {
    if (lows[lane] < moments->minimum) moments->minimum = lows[lane];
    if (highs[lane] > moments->maximum) moments->maximum = highs[lane];
    moments->zero_count += zero_counts[lane];
  }
  moments->sum += (sums[0] + sums[1]) + (sums[2] + sums[3]);
  moments->sum_of_squares += (squares[0] + squares[1]) + (squares[2] + squares[3]);
  moments->finite_count += finite;
  ck_statistics_f32_plain(source + i, count - i, moments, cells);
}

void ck_statistics_f32(const void *values, size_t count, ck_moments *moments, uint32_t *cells) {
  if (!ck_is_wide()) {
    ck_statistics_f32_plain(values, count, moments, cells);
    return;
  }
  // Short blocks keep the rounding of the sums near that of pairwise addition.
  const size_t block = 1 << 16;
  for (size_t start = 0; start < count; start += block) {
    size_t length = count - start < block ? count - start : block;
    statistics_f32_avx2((const char *)values + 4 * start, length, moments, cells);
  }
}
#else
void ck_statistics_f32(const void *values, size_t count, ck_moments *moments, uint32_t *cells) {
  ck_statistics_f32_plain(values, count, moments, cells);
}
#endif

void ck_count_16(const void *values, size_t count, uint32_t *cells) {
  const unsigned char *bytes = values;
  uint32_t *first = cells;
  uint32_t *second = cells + CK_CELL_COUNT;
  size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    uint64_t low, high;
    memcpy(&low, bytes + 2 * i, 8);
    memcpy(&high, bytes + 2 * i + 8, 8);
    first[low & 0xFFFF] += 1;
    second[low >> 16 & 0xFFFF] += 1;
    first[low >> 32 & 0xFFFF] += 1;
    second[low >> 48] += 1;
    first[high & 0xFFFF] += 1;
    second[high >> 16 & 0xFFFF] += 1;
    first[high >> 32 & 0xFFFF] += 1;
    second[high >> 48] += 1;
  }
  for (; i < count; i++) {
    uint16_t pattern;
    memcpy(&pattern, bytes + 2 * i, 2);
    first[pattern] += 1;
  }
}

void ck_count_8(const void *values, size_t count, uint32_t *cells) {
  const unsigned char *bytes = values;
  uint32_t *second = cells + CK_CELL_COUNT;
  size_t i = 0;
  for (; i + 2 <= count; i += 2) {
    cells[bytes[i]] += 1;
    second[bytes[i + 1]] += 1;
  }
  if (i < count) cells[bytes[i]] += 1;
}

void ck_fold_cells(uint32_t *cells, uint64_t *totals) {
  uint32_t *second = cells + CK_CELL_COUNT;
  for (size_t i = 0; i < CK_CELL_COUNT; i++) totals[i] += (uint64_t)cells[i] + second[i];
  memset(cells, 0, 2 * CK_CELL_COUNT * sizeof(uint32_t));
}
