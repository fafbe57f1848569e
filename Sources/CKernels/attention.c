// Fused attention of one head. Keys and values are packed once into panels; then a few tiles of
// queries at a time go through scores, softmax and the weighted sum while everything is in cache.
#include "include/ckernels_attention.h"

#include "include/ckernels_dispatch.h"
#include "plain.h"
#include "tile.h"
#include "wide.h"

// Queries whose scores are in the cache at a time; a whole number of tiles of 6 and of 12.
enum { CK_GROUP_ROWS = 24 };

static inline long round_up(long value) { return (value + CK_PANEL - 1) / CK_PANEL * CK_PANEL; }

size_t ck_attention_scratch(long keys, long width) {
  const long k = round_up(keys), d = round_up(width);
  const long rows = CK_GROUP_ROWS;
  return (size_t)(k * width + 16 + keys * d + 16 + rows * k + 16 + CK_TILE_ROWS * (k + 16) +
                  rows * (width + 16) + CK_TILE_ROWS * d + 64);
}

/// exp(scale * (x - max)) in place; numbers beyond `count` up to `padded` become 0. Returns the sum.
#if CK_HAS_WIDE
CK_WIDE static float exponentials_wide(float *row, long count, long padded, float scale) {
  const __m256 factor = _mm256_set1_ps(scale);
  __m256 top = _mm256_set1_ps(-INFINITY);
  long j = 0;
  for (; j + 8 <= count; j += 8) top = _mm256_max_ps(top, _mm256_loadu_ps(row + j));
  float maximum = ck_max8(top);
  for (; j < count; j++) maximum = row[j] > maximum ? row[j] : maximum;
  if (maximum == -INFINITY) maximum = 0;
  const __m256 shift = _mm256_set1_ps(maximum * scale);
  for (j = count; j < padded; j++) row[j] = -INFINITY;
  // Hidden keys are -infinity and must give exactly 0, which the clamped exponential does not.
  const __m256 bottom = _mm256_set1_ps(-INFINITY);
  __m256 sum = _mm256_setzero_ps();
  for (j = 0; j < padded; j += 8) {
    const __m256 x = _mm256_loadu_ps(row + j);
    const __m256 e = _mm256_and_ps(_mm256_cmp_ps(x, bottom, _CMP_NEQ_UQ),
                                   ck_exp8(_mm256_fmsub_ps(x, factor, shift)));
    _mm256_storeu_ps(row + j, e);
    sum = _mm256_add_ps(sum, e);
  }
  return ck_sum8(sum);
}

/// The same with 16 lanes; rows are padded to whole panels of 16.
CK_WIDEST static float exponentials_widest(float *row, long count, long padded, float scale) {
  for (long j = count; j < padded; j++) row[j] = -INFINITY;
  __m512 top = _mm512_set1_ps(-INFINITY);
  for (long j = 0; j < padded; j += 16) top = _mm512_max_ps(top, _mm512_loadu_ps(row + j));
  float maximum = _mm512_reduce_max_ps(top);
  if (maximum == -INFINITY) maximum = 0;
  const __m512 factor = _mm512_set1_ps(scale), shift = _mm512_set1_ps(maximum * scale);
  const __m512 bottom = _mm512_set1_ps(-INFINITY);
  __m512 sum = _mm512_setzero_ps();
  for (long j = 0; j < padded; j += 16) {
    const __m512 x = _mm512_loadu_ps(row + j);
    const __m512 e = _mm512_maskz_mov_ps(_mm512_cmp_ps_mask(x, bottom, _CMP_NEQ_UQ),
                                         ck_exp16(_mm512_fmsub_ps(x, factor, shift)));
    _mm512_storeu_ps(row + j, e);
    sum = _mm512_add_ps(sum, e);
  }
  return _mm512_reduce_add_ps(sum);
}
#endif

static float exponentials(float *row, long count, long padded, float scale) {
#if CK_HAS_WIDE
  if (ck_is_widest()) return exponentials_widest(row, count, padded, scale);
  if (ck_is_wide()) return exponentials_wide(row, count, padded, scale);
#endif
  float maximum = -INFINITY, sum = 0;
  for (long j = 0; j < count; j++) maximum = row[j] > maximum ? row[j] : maximum;
  if (maximum == -INFINITY) maximum = 0;
  for (long j = 0; j < count; j++) {
    row[j] = row[j] == -INFINITY ? 0 : expf((row[j] - maximum) * scale);
    sum += row[j];
  }
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

void ck_attend(const ck_attention *x, float *scratch) {
  const ck_tile tile = ck_tile_for(0);
  const ck_pack_tile_function pack = ck_pack_tile_for();
  const long keys = x->key_count, width = x->width;
  const long padded_keys = round_up(keys), padded_width = round_up(width);
  float *key_panels = scratch;
  float *value_panels = key_panels + padded_keys * width + 16;
  float *scores = value_panels + keys * padded_width + 16;
  float *weights = scores + CK_GROUP_ROWS * padded_keys + 16;
  float *query_tiles = weights + CK_TILE_ROWS * (padded_keys + 16);
  float *sums = query_tiles + CK_GROUP_ROWS * (width + 16);
  if (x->query_count <= 0 || keys <= 0) return;
  pack_keys(key_panels, x);
  pack_values(value_panels, x);

  const ck_tiling tiling = ck_tiling_of(x->query_count, tile.rows);
  const long group_tiles = CK_GROUP_ROWS / tile.rows;
  const long panel_width = tile.panels * CK_PANEL;
  long first_query = 0;
  for (long group = 0; group < tiling.count; group += group_tiles) {
    const long group_end = group + group_tiles < tiling.count ? group + group_tiles : tiling.count;
    long q = first_query;
    for (long t = group; t < group_end; t++) {
      const int n = ck_tile_height(tiling, t);
      pack(query_tiles + (q - first_query) * (width + 2), x->queries + q * x->query_stride,
           x->query_stride, n, width);
      q += n;
    }
    const long last_query = q;
    // With a causal mask no query of this group looks beyond its own index.
    const long visible = round_up(x->causal && last_query < keys ? last_query : keys);
    for (long first = 0; first < visible; first += panel_width) {
      const int panels = (int)((visible - first < panel_width ? visible - first : panel_width) / CK_PANEL);
      q = first_query;
      for (long t = group; t < group_end; t++) {
        const int n = ck_tile_height(tiling, t);
        tile.run(n, panels, query_tiles + (q - first_query) * (width + 2),
                 key_panels + first * width, CK_PANEL * width, width,
                 scores + (q - first_query) * padded_keys + first, padded_keys, 0,
                 (const char *)(key_panels + first * width));
        q += n;
      }
    }
    q = first_query;
    for (long t = group; t < group_end; t++) {
      const int n = ck_tile_height(tiling, t);
      const long seen = x->causal && q + n < keys ? q + n : keys;
      float inverse[CK_TILE_ROWS];
      float *rows = scores + (q - first_query) * padded_keys;
      for (int i = 0; i < n; i++) {
        float *row = rows + i * padded_keys;
        const long count = x->causal && q + i + 1 < keys ? q + i + 1 : keys;
        if (x->hidden) {
          for (long j = 0; j < count; j++)
            if (x->hidden[j]) row[j] = -INFINITY;
        }
        if (x->products_only) {
          inverse[i] = 1;
          continue;
        }
        const float sum = exponentials(row, count, round_up(seen), x->scale);
        inverse[i] = sum > 0 ? 1.0f / sum : 0;
        if (x->probabilities) {
          float *out = x->probabilities + (q + i) * keys;
          for (long j = 0; j < count; j++) out[j] = row[j] * inverse[i];
          for (long j = count; j < keys; j++) out[j] = 0;
        }
      }
      pack(weights, rows, padded_keys, n, seen);
      for (long column = 0; column < padded_width; column += panel_width) {
        const long rest = padded_width - column;
        const int panels = (int)((rest < panel_width ? rest : panel_width) / CK_PANEL);
        const float *panel = value_panels + column * keys;
        // Blocks of keys keep the sums of long sequences as precise as those of short ones.
        for (long start = 0; start < seen; start += CK_DEPTH) {
          const long depth = seen - start < CK_DEPTH ? seen - start : CK_DEPTH;
          tile.run(n, panels, weights + start * n, panel + start * CK_PANEL, CK_PANEL * keys, depth,
                   sums + column, padded_width, start > 0, (const char *)panel);
        }
      }
      for (int i = 0; i < n; i++) {
        float *out = x->output + (q + i) * x->output_stride;
        for (long j = 0; j < width; j++) out[j] = sums[i * padded_width + j] * inverse[i];
      }
      q += n;
    }
    first_query = last_query;
  }
}
