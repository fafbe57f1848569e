#pragma once
// The micro-kernel: up to 6 rows of A times one panel of 16 outputs.
//
//   a: [depth][rows]   packed rows of the left matrix
//   b: [depth][16]     a panel
//   c: [rows][16]      rows `c_stride` floats apart; added to when `accumulate`, else overwritten

enum { CK_TILE_ROWS = 6, CK_PANEL = 16, CK_DEPTH = 256 };

/// `next` is memory that will be read soon (the next panel); it is fetched while this one computes.
typedef void (*ck_tile_function)(int rows, const float *a, const void *b, long depth, float *c,
                                 long c_stride, int accumulate, const char *next);

/// The micro-kernel for panels of `element`, for the CPU at hand.
ck_tile_function ck_tile_for(int element);

/// Packs `rows` rows x `depth` columns to [depth][rows]. Writes up to 8 floats beyond the end.
typedef void (*ck_pack_tile_function)(float *target, const float *source, long stride, int rows,
                                      long depth);
ck_pack_tile_function ck_pack_tile_for(void);

/// Sizes of the blocks that K is cut into: all equal but the last, at most CK_DEPTH.
static inline long ck_block_depth(long inputs) {
  const long blocks = (inputs + CK_DEPTH - 1) / CK_DEPTH;
  return blocks > 1 ? (inputs + blocks - 1) / blocks : (inputs > 0 ? inputs : 1);
}
