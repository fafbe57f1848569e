// Blocked product with packed weights: rows in blocks that stay in the second-level cache, one panel
// of weights at a time in the first-level cache.
#include "include/ckernels_product.h"

#include "plain.h"
#include "tile.h"

enum { CK_ROW_BLOCK = 192 };

size_t ck_product_scratch(void) { return (size_t)(CK_ROW_BLOCK + CK_TILE_ROWS) * CK_DEPTH + 64; }

size_t ck_tiled_count(long rows, long inputs) {
  // Packing a tile may write a few floats beyond its end.
  return (size_t)(rows * inputs) + 16;
}

// Rows `row0` ..< `row1` in blocks that stay in the second-level cache.
static long ck_row_block_count(long rows) { return (rows + CK_ROW_BLOCK - 1) / CK_ROW_BLOCK; }

// Packs `depth` columns of some rows of A, tile by tile.
static void ck_tile_rows(ck_tiling tiling, const float *a, long a_stride, long depth,
                         float *target) {
  const ck_pack_tile_function pack = ck_pack_tile_for();
  for (long t = 0; t < tiling.count; t++) {
    const int n = ck_tile_height(tiling, t);
    pack(target, a, a_stride, n, depth);
    target += n * depth;
    a += n * a_stride;
  }
}

void ck_tile_input(const float *a, long a_stride, long rows, long inputs, ck_element element,
                   float *tiles) {
  const int most = ck_tile_for(element).rows;
  const long block = ck_block_depth(inputs);
  const long row_blocks = ck_row_block_count(rows);
  for (long rb = 0; rb < row_blocks; rb++) {
    const long row0 = rows * rb / row_blocks, row1 = rows * (rb + 1) / row_blocks;
    const ck_tiling tiling = ck_tiling_of(row1 - row0, most);
    for (long start = 0; start < inputs; start += block) {
      const long depth = inputs - start < block ? inputs - start : block;
      ck_tile_rows(tiling, a + row0 * a_stride + start, a_stride, depth,
                   tiles + row0 * inputs + start * (row1 - row0));
    }
  }
}

void ck_product(const ck_packed *w, const float *a, long a_stride, long rows, float *c,
                long c_stride, long first_panel, long last_panel, const ck_epilogue *epilogue,
                const float *tiles, float *scratch) {
  const ck_tile tile = ck_tile_for(w->element);
  const long panel_count = (w->outputs + CK_PANEL - 1) / CK_PANEL;
  const long padded = panel_count * CK_PANEL;
  const long block = ck_block_depth(w->inputs);
  const size_t size = w->element == CK_F32 ? 4 : 2;
  if (last_panel > panel_count) last_panel = panel_count;
  if (rows <= 0 || first_panel >= last_panel) return;

  const long row_blocks = ck_row_block_count(rows);
  for (long rb = 0; rb < row_blocks; rb++) {
    const long row0 = rows * rb / row_blocks, row1 = rows * (rb + 1) / row_blocks;
    const ck_tiling tiling = ck_tiling_of(row1 - row0, tile.rows);
    for (long start = 0; start < w->inputs; start += block) {
      const long depth = w->inputs - start < block ? w->inputs - start : block;
      const int is_last = start + depth == w->inputs;
      const int accumulate = start > 0;
      const float *left = tiles ? tiles + row0 * w->inputs + start * (row1 - row0) : scratch;
      if (!tiles) ck_tile_rows(tiling, a + row0 * a_stride + start, a_stride, depth, scratch);
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
        const float *at = left;
        for (long t = 0, r = row0; t < tiling.count; t++) {
          const int n = ck_tile_height(tiling, t);
          float *target = c + r * c_stride + column;
          // Each call fetches a part of the next panels; after that, its own (cached) ones.
          const char *ahead = fetched < group_bytes ? next + fetched : panel;
          fetched += (size_t)(depth * panels * tile.fetched);
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
