// Fused attention of one head. Keys and values are packed once into panels; then a few tiles of
// queries at a time go through scores, softmax and the weighted sum while everything is in cache.
#include "include/ckernels_attention.h"

#include "include/ckernels_dispatch.h"
#include "include/ckernels_product.h"
#include "plain.h"
#include "tile.h"
#include "wide.h"

// Queries whose scores are in the cache at a time; a whole number of tiles of 6 and of 12.
enum { CK_GROUP_ROWS = 24 };

static inline long round_up(long value) { return (value + CK_PANEL - 1) / CK_PANEL * CK_PANEL; }

/// Where the parts of the scratch begin, in floats. Each has room behind it for what is written past the end of a row.
typedef struct {
  long key_panels;    // [keys padded / 16][d][16]
  long value_panels;  // [d padded / 16][S][16]
  long scores;        // [CK_GROUP_ROWS][keys padded]
  long weights;       // one packed tile of probabilities, [S][tile rows]
  long query_tiles;   // the group's queries, packed
  long sums;          // [tile rows][d padded]
  long end;
} scratch_layout;

static inline scratch_layout layout_of(long keys, long width) {
  const long k = round_up(keys), d = round_up(width);
  scratch_layout at = {0};
  at.value_panels = at.key_panels + k * width + 16;
  at.scores = at.value_panels + keys * d + 16;
  at.weights = at.scores + CK_GROUP_ROWS * k + 16;
  at.query_tiles = at.weights + CK_TILE_ROWS * (k + 16);
  at.sums = at.query_tiles + CK_GROUP_ROWS * (width + 16);
  at.end = at.sums + CK_TILE_ROWS * d + 64;
  return at;
}

size_t ck_attention_scratch(long keys, long width) { return (size_t)layout_of(keys, width).end; }

#if CK_HAS_WIDE
CK_WIDE static float exponentials_wide(float *row, long count, long padded, float scale) {
  return ck_exponentials8(row, count, padded, scale);
}

CK_WIDEST static float exponentials_widest(float *row, long count, long padded, float scale) {
  return ck_exponentials16(row, count, padded, scale);
}
#endif

/// exp(scale * (x - max)) in place; numbers beyond `count` up to `padded`, whole panels, become 0. Returns the sum.
static float exponentials(float *row, long count, long padded, float scale) {
#if CK_HAS_WIDE
  if (ck_is_widest()) return exponentials_widest(row, count, padded, scale);
  if (ck_is_wide()) return exponentials_wide(row, count, padded, scale);
#endif
  const float sum = ck_exponentials1(row, count, scale);
  for (long j = count; j < padded; j++) row[j] = 0;
  return sum;
}

static void pack_values(float *panels, const ck_attention *x) {
  for (long column = 0; column < x->width; column += CK_PANEL) {
    const long columns = x->width - column < CK_PANEL ? x->width - column : CK_PANEL;
    for (long s = 0; s < x->key_count; s++) {
      float *to = panels + column * x->key_count + s * CK_PANEL;
      const float *from = x->values + s * x->value_stride + column;
      if (columns == CK_PANEL) {
        memcpy(to, from, CK_PANEL * sizeof(float));
      } else {
        for (long j = 0; j < CK_PANEL; j++) to[j] = j < columns ? from[j] : 0;
      }
    }
  }
}

static void pack_keys(float *panels, const ck_attention *x) {
  const ck_pack_tile_function pack = ck_pack_tile_for();
  float narrow[CK_TILE_ROWS * 64 + 16];
  for (long first = 0; first < x->key_count; first += CK_PANEL) {
    float *panel = panels + first * x->width;
    for (int part = 0; part < CK_PANEL; part += 4) {
      long rows = x->key_count - first - part;
      if (rows > 4) rows = 4;
      for (long start = 0; start < x->width; start += 64) {
        const long depth = x->width - start < 64 ? x->width - start : 64;
        if (rows > 0)
          pack(narrow, x->keys + (first + part) * x->key_stride + start, x->key_stride, (int)rows,
               depth);
        for (long k = 0; k < depth; k++) {
          float *to = panel + (start + k) * CK_PANEL + part;
          for (long i = 0; i < 4; i++) to[i] = i < rows ? narrow[k * rows + i] : 0;
        }
      }
    }
  }
}

/// One head on its way through the tiles.
typedef struct {
  const ck_attention *x;
  ck_tile tile;
  ck_pack_tile_function pack;
  ck_tiling tiling;
  long padded_keys, padded_width;
  float *key_panels, *value_panels, *scores, *weights, *query_tiles, *sums;
} head_state;

/// The tiles whose scores are in the cache at a time, and their queries.
typedef struct {
  long first_tile, end_tile;
  long first_query, end_query;
} tile_group;

#define PART static inline __attribute__((always_inline))

PART long smaller(long a, long b) { return a < b ? a : b; }

/// The packed queries of a tile that begins with query `q`.
PART float *query_tile(const head_state *h, const tile_group *g, long q) {
  return h->query_tiles + (q - g->first_query) * (h->x->width + 2);
}

/// The scores of the queries from `q` on, [rows][keys padded].
PART float *score_rows(const head_state *h, const tile_group *g, long q) {
  return h->scores + (q - g->first_query) * h->padded_keys;
}

/// As many tiles from `first_tile` on as go together, with their queries packed.
PART tile_group pack_group(const head_state *h, long first_tile, long first_query) {
  tile_group g = {first_tile, smaller(first_tile + CK_GROUP_ROWS / h->tile.rows, h->tiling.count),
                  first_query, first_query};
  for (long t = g.first_tile; t < g.end_tile; t++) {
    const int n = ck_tile_height(h->tiling, t);
    h->pack(query_tile(h, &g, g.end_query), h->x->queries + g.end_query * h->x->query_stride,
            h->x->query_stride, n, h->x->width);
    g.end_query += n;
  }
  return g;
}

/// q kᵀ of a group, panel after panel, so that each is read from the cache for all tiles but the first.
PART void score_group(const head_state *h, const tile_group *g) {
  const long keys = h->x->key_count, width = h->x->width;
  const long panel_width = h->tile.panels * CK_PANEL;
  // With a causal mask no query of this group looks beyond its own index.
  const long visible = round_up(h->x->causal ? smaller(g->end_query, keys) : keys);
  for (long first = 0; first < visible; first += panel_width) {
    const int panels = (int)(smaller(visible - first, panel_width) / CK_PANEL);
    const float *panel = h->key_panels + first * width;
    long q = g->first_query;
    for (long t = g->first_tile; t < g->end_tile; t++) {
      const int n = ck_tile_height(h->tiling, t);
      h->tile.run(n, panels, query_tile(h, g, q), panel, CK_PANEL * width, width,
                  score_rows(h, g, q) + first, h->padded_keys, 0, (const char *)panel);
      q += n;
    }
  }
}

/// Scores of query `q` to exponentials, of which keys below `seen` may be looked at; the result is one over their sum.
PART float soften_row(const head_state *h, float *row, long q, long seen) {
  const ck_attention *x = h->x;
  const long count = x->causal ? smaller(q + 1, x->key_count) : x->key_count;
  if (x->hidden) {
    for (long j = 0; j < count; j++)
      if (x->hidden[j]) row[j] = -INFINITY;
  }
  if (x->products_only) return 1;
  const float sum = exponentials(row, count, round_up(seen), x->scale);
  const float inverse = sum > 0 ? 1.0f / sum : 0;
  if (x->probabilities) {
    float *out = x->probabilities + q * x->key_count;
    for (long j = 0; j < count; j++) out[j] = row[j] * inverse;
    for (long j = count; j < x->key_count; j++) out[j] = 0;
  }
  return inverse;
}

/// The packed weights of a tile of `n` queries times the first `seen` values, to `sums`.
PART void sum_values(const head_state *h, int n, long seen) {
  const long keys = h->x->key_count;
  const long panel_width = h->tile.panels * CK_PANEL;
  for (long column = 0; column < h->padded_width; column += panel_width) {
    const int panels = (int)(smaller(h->padded_width - column, panel_width) / CK_PANEL);
    const float *panel = h->value_panels + column * keys;
    // Blocks of keys keep the sums of long sequences as precise as those of short ones.
    for (long start = 0; start < seen; start += CK_DEPTH)
      h->tile.run(n, panels, h->weights + start * n, panel + start * CK_PANEL, CK_PANEL * keys,
                  smaller(seen - start, CK_DEPTH), h->sums + column, h->padded_width, start > 0,
                  (const char *)panel);
  }
}

/// Softmax and weighted sum of a tile of `n` queries from `q` on.
PART void finish_tile(const head_state *h, float *rows, long q, int n) {
  const ck_attention *x = h->x;
  const long seen = x->causal ? smaller(q + n, x->key_count) : x->key_count;
  float inverse[CK_TILE_ROWS];
  for (int i = 0; i < n; i++) inverse[i] = soften_row(h, rows + i * h->padded_keys, q + i, seen);
  h->pack(h->weights, rows, h->padded_keys, n, seen);
  sum_values(h, n, seen);
  for (int i = 0; i < n; i++) {
    float *out = x->output + (q + i) * x->output_stride;
    for (long j = 0; j < x->width; j++) out[j] = h->sums[i * h->padded_width + j] * inverse[i];
  }
}

void ck_attend(const ck_attention *x, float *scratch) {
  if (x->query_count <= 0 || x->key_count <= 0) return;
  const scratch_layout at = layout_of(x->key_count, x->width);
  const ck_tile tile = ck_tile_for(CK_F32);
  const head_state h = {
      .x = x,
      .tile = tile,
      .pack = ck_pack_tile_for(),
      .tiling = ck_tiling_of(x->query_count, tile.rows),
      .padded_keys = round_up(x->key_count),
      .padded_width = round_up(x->width),
      .key_panels = scratch + at.key_panels,
      .value_panels = scratch + at.value_panels,
      .scores = scratch + at.scores,
      .weights = scratch + at.weights,
      .query_tiles = scratch + at.query_tiles,
      .sums = scratch + at.sums,
  };
  pack_keys(h.key_panels, x);
  pack_values(h.value_panels, x);
  long tile_index = 0, query = 0;
  while (tile_index < h.tiling.count) {
    const tile_group g = pack_group(&h, tile_index, query);
    score_group(&h, &g);
    long q = g.first_query;
    for (long t = g.first_tile; t < g.end_tile; t++) {
      const int n = ck_tile_height(h.tiling, t);
      finish_tile(&h, score_rows(&h, &g, q), q, n);
      q += n;
    }
    tile_index = g.end_tile;
    query = g.end_query;
  }
}
