// Blocked product with packed weights: rows in blocks that stay in the second-level cache, one panel
// of weights at a time in the first-level cache.
#include "include/ckernels_product.h"

#include "plain.h"
#include "tile.h"

enum { CK_ROW_BLOCK = 192 };

size_t ck_product_scratch(void) { return (size_t)(CK_ROW_BLOCK + CK_TILE_ROWS) * CK_DEPTH + 64; }

void ck_product(const ck_packed *w, const float *a, long a_stride, long rows, float *c,
                long c_stride, long first_panel, long last_panel, const ck_epilogue *epilogue,
                float *scratch) {
  const ck_tile tile = ck_tile_for(w->element);
  const ck_pack_tile_function pack = ck_pack_tile_for();
  const long panel_count = (w->outputs + CK_PANEL - 1) / CK_PANEL;
  const long padded = panel_count * CK_PANEL;
  const long block = ck_block_depth(w->inputs);
  const size_t size = w->element == CK_F32 ? 4 : 2;
  if (last_panel > panel_count) last_panel = panel_count;
  if (rows <= 0 || first_panel >= last_panel) return;

  const long row_blocks = (rows + CK_ROW_BLOCK - 1) / CK_ROW_BLOCK;
  for (long rb = 0; rb < row_blocks; rb++) {
    const long row0 = rows * rb / row_blocks, row1 = rows * (rb + 1) / row_blocks;
    const ck_tiling tiling = ck_tiling_of(row1 - row0, tile.rows);
    for (long start = 0; start < w->inputs; start += block) {
      const long depth = w->inputs - start < block ? w->inputs - start : block;
      const int is_last = start + depth == w->inputs;
      const int accumulate = start > 0;
      float *packed = scratch;
      for (long t = 0, r = row0; t < tiling.count; t++) {
        const int n = ck_tile_height(tiling, t);
        pack(packed, a + r * a_stride + start, a_stride, n, depth);
        packed += n * depth;
        r += n;
      }
      const char *panel = (const char *)w->panels +
                          (size_t)(start * padded + first_panel * depth * CK_PANEL) * size;
      const size_t panel_bytes = (size_t)(depth * CK_PANEL) * size;
      for (long p = first_panel; p < last_panel;) {
        const int panels = last_panel - p < tile.panels ? (int)(last_panel - p) : tile.panels;
        const long width = panels * CK_PANEL, column = p * CK_PANEL;
        const long columns = w->outputs - column < width ? w->outputs - column : width;
        const size_t group_bytes = panel_bytes * (size_t)panels;
        const char *next = panel + group_bytes;
        size_t fetched = 0;
        const float *at = scratch;
        for (long t = 0, r = row0; t < tiling.count; t++) {
          const int n = ck_tile_height(tiling, t);
          float *target = c + r * c_stride + column;
          // Each call fetches a part of the next panels; after that, its own (cached) ones.
          const char *ahead = fetched < group_bytes ? next + fetched : panel;
          fetched += (size_t)(depth * width);
          if (columns == width) {
            tile.run(n, panels, at, panel, depth * CK_PANEL, depth, target, c_stride, accumulate,
                     ahead);
          } else {
            float edge[CK_TILE_ROWS * CK_TILE_PANELS * CK_PANEL];
            tile.run(n, panels, at, panel, depth * CK_PANEL, depth, edge, width, 0, ahead);
            for (int i = 0; i < n; i++)
              for (long j = 0; j < columns; j++) {
                float *x = target + i * c_stride + j;
                *x = accumulate ? *x + edge[i * width + j] : edge[i * width + j];
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
        p += panels;
        panel = next;
      }
    }
  }
}
