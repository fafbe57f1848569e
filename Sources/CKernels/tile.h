#pragma once
// The micro-kernel: a few rows of A times one or two panels of 16 outputs.
//
//   a: [depth][rows]          packed rows of the left matrix
//   b: [panels][depth][16]    panels, `panel_stride` numbers apart
//   c: [rows][panels * 16]    rows `c_stride` floats apart; added to when `accumulate`, else overwritten

#include "include/ckernels_product.h"

enum { CK_TILE_ROWS = 12, CK_TILE_PANELS = 2, CK_PANEL = 16, CK_DEPTH = 256 };

/// `next` is memory that will be read soon (the next panels); it is fetched while these are used.
typedef void (*ck_tile_function)(int rows, int panels, const float *a, const void *b,
                                 long panel_stride, long depth, float *c, long c_stride,
                                 int accumulate, const char *next);

/// A micro-kernel and the most that one call takes: what its accumulators in registers hold.
typedef struct {
  int rows;    // at most CK_TILE_ROWS
  int panels;  // at most CK_TILE_PANELS
  int fetched; // bytes at `next` that one call fetches, for each panel and k
  ck_tile_function run;
} ck_tile;

/// The micro-kernel for panels of `element`, for the CPU at hand.
ck_tile ck_tile_for(ck_element element);

/// Packs `rows` rows x `depth` columns to [depth][rows]. Writes up to 8 floats beyond the end.
typedef void (*ck_pack_tile_function)(float *target, const float *source, long stride, int rows,
                                      long depth);
ck_pack_tile_function ck_pack_tile_for(void);

/// Sizes of the blocks that K is cut into: all equal but the last, at most CK_DEPTH.
static inline long ck_block_depth(long inputs) {
  const long blocks = (inputs + CK_DEPTH - 1) / CK_DEPTH;
  return blocks > 1 ? (inputs + blocks - 1) / blocks : (inputs > 0 ? inputs : 1);
}

/// `total` rows in tiles of at most `most`, balanced: 50 rows by 6 are 5 tiles of 6 and 4 of 5, never 8 of 6 and one of 2.
typedef struct {
  long count;
  long base;
  long extra;
} ck_tiling;

static inline ck_tiling ck_tiling_of(long total, int most) {
  const long count = (total + most - 1) / most;
  return (ck_tiling){count, total / count, total % count};
}

/// Rows of tile `index`.
static inline int ck_tile_height(ck_tiling tiling, long index) {
  return (int)(tiling.base + (index < tiling.extra));
}
