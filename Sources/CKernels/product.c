// Blocked product with packed weights: rows in blocks that stay in the second-level cache, one panel
// of weights at a time in the first-level cache.
#include "include/ckernels_product.h"

#include "epilogue.h"
#include "plain.h"
#include "tile.h"

enum { CK_ROW_BLOCK = 192 };

size_t ck_product_scratch(void) { return (size_t)(CK_ROW_BLOCK + CK_TILE_ROWS) * CK_DEPTH + 64; }

void ck_product(const ck_packed *w, const float *a, long a_stride, long rows, float *c,
                long c_stride, long first_panel, long last_panel, const ck_epilogue *epilogue,
                float *scratch) {
  const ck_tile_function tile = ck_tile_for(w->element);
  const ck_pack_tile_function pack = ck_pack_tile_for();
  const long panel_count = (w->outputs + CK_PANEL - 1) / CK_PANEL;
  const long padded = panel_count * CK_PANEL;
  const long block = ck_block_depth(w->inputs);
  const size_t size = w->element == CK_F32 ? 4 : 2;
  if (last_panel > panel_count) last_panel = panel_count;
  if (rows <= 0 || first_panel >= last_panel) return;

  // Blocks and tiles are balanced: 50 rows are 5 tiles of 6 and 4 of 5, never 8 of 6 and one of 2.
  const long row_blocks = (rows + CK_ROW_BLOCK - 1) / CK_ROW_BLOCK;
  for (long rb = 0; rb < row_blocks; rb++) {
    const long row0 = rows * rb / row_blocks, row1 = rows * (rb + 1) / row_blocks;
    const long block_rows = row1 - row0;
    const long tiles = (block_rows + CK_TILE_ROWS - 1) / CK_TILE_ROWS;
    const long base = block_rows / tiles, extra = block_rows % tiles;
    for (long start = 0; start < w->inputs; start += block) {
      const long depth = w->inputs - start < block ? w->inputs - start : block;
      const int is_last = start + depth == w->inputs;
      float *packed = scratch;
      for (long t = 0, r = 0; t < tiles; t++) {
        const int n = (int)(base + (t < extra));
        pack(packed, a + (row0 + r) * a_stride + start, a_stride, n, depth);
        packed += n * depth;
        r += n;
      }
      const char *panel = (const char *)w->panels +
                          (size_t)(start * padded + first_panel * depth * CK_PANEL) * size;
      const size_t panel_bytes = (size_t)(depth * CK_PANEL) * size;
      for (long p = first_panel; p < last_panel; p++, panel += panel_bytes) {
        const long column = p * CK_PANEL;
        const long columns = w->outputs - column < CK_PANEL ? w->outputs - column : CK_PANEL;
        const char *next = panel + panel_bytes;
        size_t fetched = 0;
        const float *at = scratch;
        for (long t = 0, r = row0; t < tiles; t++) {
          const int n = (int)(base + (t < extra));
          float *target = c + r * c_stride + column;
          // Each call fetches a quarter of the next panel; after that, its own (cached) panel.
          const char *ahead = fetched < panel_bytes ? next + fetched : panel;
          fetched += (size_t)depth * 16;
          if (columns == CK_PANEL) {
            tile(n, at, panel, depth, target, c_stride, start > 0, ahead);
          } else {
            float edge[CK_TILE_ROWS * CK_PANEL];
            tile(n, at, panel, depth, edge, CK_PANEL, 0, ahead);
            for (int i = 0; i < n; i++)
              for (long j = 0; j < columns; j++) {
                float *x = target + i * c_stride + j;
                *x = start > 0 ? *x + edge[i * CK_PANEL + j] : edge[i * CK_PANEL + j];
              }
          }
          if (is_last) {
            ck_epilogue shifted = *epilogue;
            if (shifted.operand) shifted.operand += r * shifted.operand_stride;
            ck_finish(target, c_stride, n, columns, column, &shifted);
          }
          at += n * depth;
          r += n;
        }
      }
    }
  }
}
