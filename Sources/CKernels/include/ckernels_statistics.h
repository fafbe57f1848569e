#pragma once
#include <stddef.h>
#include <stdint.h>

// Statistics over raw little-endian numbers: moments of float32 and float64, and counts of 16- and 8-bit patterns.
// Pointers need no alignment. Each call adds to what its outputs already hold.

// Number of cells of a table: one for each value of the upper 16 bits of a float32, or of a 16-bit pattern.
#define CK_CELL_COUNT 65536

#define CK_LARGE 0x1p400
static const double ck_large_scale = 0x1p-600;

typedef struct {
  // Over the finite values, accumulated in double; `sum` and `sum_of_squares` are of (value - shift).
  double shift;
  double sum;
  double sum_of_squares;
  // The same of distances from CK_LARGE on, times `ck_large_scale`: their squares would leave the range of a double.
  double large_sum;
  double large_sum_of_squares;
  double minimum;
  double maximum;
  uint64_t finite_count;
  uint64_t zero_count;
  uint64_t nan_count;
  uint64_t positive_infinity_count;
  uint64_t negative_infinity_count;
} ck_moments;

// Adds the distance of a finite value, which occurs `count` times, to the sums.
static inline void ck_add_distance(ck_moments *moments, double value, double count) {
  double distance = value - moments->shift;
  if (distance < CK_LARGE && distance > -CK_LARGE) {
    moments->sum += distance * count;
    moments->sum_of_squares += distance * distance * count;
  } else {
    // The distance itself may have left the range.
    distance = value * ck_large_scale - moments->shift * ck_large_scale;
    moments->large_sum += distance * count;
    moments->large_sum_of_squares += distance * distance * count;
  }
}

// Whether a mean, a deviation or a shift of this size has to be scaled before it is squared.
static inline int ck_is_large(double value) { return !(value < CK_LARGE && value > -CK_LARGE); }

// `cells` holds two tables of CK_CELL_COUNT counters, used in turn; their sum is the count of a cell.
// Only finite values are counted. At most 2^31 values may go into one pair of tables.
void ck_statistics_f32(const void *values, size_t count, ck_moments *moments, uint32_t *cells);

// The same over float64; a value falls into the cell of the nearest float32 towards zero.
void ck_statistics_f64(const void *values, size_t count, ck_moments *moments, uint32_t *cells);

// Counts patterns of 16 bits into two tables of CK_CELL_COUNT, used in turn.
void ck_count_16(const void *values, size_t count, uint32_t *cells);

// Counts patterns of 8 bits into two tables of CK_CELL_COUNT, of which the first 256 are used, in turn.
void ck_count_8(const void *values, size_t count, uint32_t *cells);

// Adds both tables of `cells` into `totals` (CK_CELL_COUNT) and clears them.
void ck_fold_cells(uint32_t *cells, uint64_t *totals);

// The plain C twin of `ck_statistics_f32`, for where the AVX2 kernels are not in use and as the reference of its tests.
void ck_statistics_f32_plain(const void *values, size_t count, ck_moments *moments, uint32_t *cells);
