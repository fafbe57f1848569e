// Packing weights into panels, once, at load.
#include <string.h>

#include "include/ckernels_dispatch.h"
#include "include/ckernels_product.h"
#include "plain.h"
#include "tile.h"
#include "wide.h"

size_t ck_packed_count(long inputs, long outputs) {
  return (size_t)inputs * (size_t)((outputs + CK_PANEL - 1) / CK_PANEL * CK_PANEL);
}

#if CK_HAS_WIDE
/// 16 whole rows to one f32 panel of one block.
CK_WIDE static void pack_panel_f32(float *panel, const void *rows, ck_element source, long stride,
                                   long start, long depth) {
  long k = 0;
  for (; k + 8 <= depth; k += 8)
    for (int half = 0; half < 2; half++) {
      __m256 r[8];
      for (int i = 0; i < 8; i++) {
        const long index = (half * 8 + i) * stride + start + k;
        r[i] = source == CK_F32   ? ck_load8(rows, index, CK_F32)
               : source == CK_F16 ? ck_load8(rows, index, CK_F16)
                                  : ck_load8(rows, index, CK_BF16);
      }
      ck_transpose8(r);
      for (int i = 0; i < 8; i++) _mm256_storeu_ps(panel + (k + i) * CK_PANEL + half * 8, r[i]);
    }
  for (; k < depth; k++)
    for (int i = 0; i < CK_PANEL; i++)
      panel[k * CK_PANEL + i] = ck_load1(rows, i * stride + start + k, source);
}

/// The same, 16 columns at a time: each cache line of the rows is read once. Their strides are often multiples of 4 KiB, and sixteen
/// such lines do not stay in the first-level cache together.
CK_WIDEST static void pack_panel_widest(float *panel, const void *rows, ck_element source,
                                        long stride, long start, long depth) {
  long k = 0;
  for (; k + 16 <= depth; k += 16) {
    __m512 r[16];
#pragma clang loop unroll(full)
    for (int i = 0; i < 16; i++) {
      const long index = i * stride + start + k;
      r[i] = source == CK_F32   ? ck_load16(rows, index, CK_F32)
             : source == CK_F16 ? ck_load16(rows, index, CK_F16)
                                : ck_load16(rows, index, CK_BF16);
    }
    ck_transpose16(r);
#pragma clang loop unroll(full)
    for (int i = 0; i < 16; i++) _mm512_storeu_ps(panel + (k + i) * CK_PANEL, r[i]);
  }
  if (k < depth) pack_panel_f32(panel + k * CK_PANEL, rows, source, stride, start + k, depth - k);
}

/// 16 whole rows of 16-bit numbers to one panel of the same numbers.
CK_WIDE static void pack_panel_16(uint16_t *panel, const uint16_t *rows, long stride, long start,
                                  long depth) {
  long k = 0;
  for (; k + 8 <= depth; k += 8)
    for (int half = 0; half < 2; half++) {
      __m128i r[8], t[8];
      for (int i = 0; i < 8; i++)
        r[i] = _mm_loadu_si128((const __m128i *)(rows + (half * 8 + i) * stride + start + k));
      for (int i = 0; i < 4; i++) {
        t[2 * i] = _mm_unpacklo_epi16(r[2 * i], r[2 * i + 1]);
        t[2 * i + 1] = _mm_unpackhi_epi16(r[2 * i], r[2 * i + 1]);
      }
      for (int i = 0; i < 2; i++)
        for (int j = 0; j < 2; j++) {
          r[4 * i + 2 * j] = _mm_unpacklo_epi32(t[4 * i + j], t[4 * i + 2 + j]);
          r[4 * i + 2 * j + 1] = _mm_unpackhi_epi32(t[4 * i + j], t[4 * i + 2 + j]);
        }
      for (int i = 0; i < 4; i++) {
        __m128i *low = (__m128i *)(panel + (k + 2 * i) * CK_PANEL + half * 8);
        __m128i *high = (__m128i *)(panel + (k + 2 * i + 1) * CK_PANEL + half * 8);
        _mm_storeu_si128(low, _mm_unpacklo_epi64(r[i], r[4 + i]));
        _mm_storeu_si128(high, _mm_unpackhi_epi64(r[i], r[4 + i]));
      }
    }
  for (; k < depth; k++)
    for (int i = 0; i < CK_PANEL; i++) panel[k * CK_PANEL + i] = rows[i * stride + start + k];
}
#endif

void ck_pack_rows(void *panels, ck_element element, long inputs, long outputs, long first,
                  long count, const void *rows, ck_element source) {
  const long padded = (outputs + CK_PANEL - 1) / CK_PANEL * CK_PANEL;
  const long block = ck_block_depth(inputs);
  const size_t source_size = source == CK_F32 ? 4 : 2;
  const size_t size = element == CK_F32 ? 4 : 2;
  long row = 0;
  while (row < count) {
    const long lane = (first + row) % CK_PANEL;
    const long panel = (first + row) / CK_PANEL;
    long lanes = CK_PANEL - lane;
    if (lanes > count - row) lanes = count - row;
    const char *from = (const char *)rows + (size_t)row * (size_t)inputs * source_size;
    for (long start = 0; start < inputs; start += block) {
      const long depth = inputs - start < block ? inputs - start : block;
      char *to = (char *)panels + (size_t)(start * padded + panel * depth * CK_PANEL) * size;
#if CK_HAS_WIDE
      if (lanes == CK_PANEL && ck_is_wide()) {
        if (element == CK_F32 && ck_is_widest())
          pack_panel_widest((float *)to, from, source, inputs, start, depth);
        else if (element == CK_F32)
          pack_panel_f32((float *)to, from, source, inputs, start, depth);
        else
          pack_panel_16((uint16_t *)to, (const uint16_t *)from, inputs, start, depth);
        continue;
      }
#endif
      for (long k = 0; k < depth; k++)
        for (long i = 0; i < lanes; i++) {
          const long index = i * inputs + start + k;
          if (element == CK_F32)
            ((float *)to)[k * CK_PANEL + lane + i] = ck_load1(from, index, source);
          else
            ((uint16_t *)to)[k * CK_PANEL + lane + i] = ((const uint16_t *)from)[index];
        }
    }
    row += lanes;
  }
}

void ck_pack_columns(void *panels, ck_element element, long inputs, long outputs, long first,
                     long count, const void *rows, ck_element source) {
  const long panel_count = (outputs + CK_PANEL - 1) / CK_PANEL;
  const long block = ck_block_depth(inputs);
  const size_t size = element == CK_F32 ? 4 : 2;
  for (long row = 0; row < count; row++) {
    const long k = first + row, start = k / block * block;
    const long depth = inputs - start < block ? inputs - start : block;
    for (long p = 0; p < panel_count; p++) {
      const long column = p * CK_PANEL;
      const long lanes = outputs - column < CK_PANEL ? outputs - column : CK_PANEL;
      const long from = row * outputs + column;
      char *to = (char *)panels + (size_t)(start * panel_count * CK_PANEL + p * depth * CK_PANEL +
                                           (k - start) * CK_PANEL) * size;
      if (element == source)
        memcpy(to, (const char *)rows + (size_t)from * size, (size_t)lanes * size);
      else
        for (long i = 0; i < lanes; i++) ((float *)to)[i] = ck_load1(rows, from + i, source);
    }
  }
}

void ck_unpack_rows(float *rows, const ck_packed *weights, long first, long count) {
  const long inputs = weights->inputs;
  const long padded = (weights->outputs + CK_PANEL - 1) / CK_PANEL * CK_PANEL;
  const long block = ck_block_depth(inputs);
  for (long row = 0; row < count; row++) {
    const long lane = (first + row) % CK_PANEL, panel = (first + row) / CK_PANEL;
    float *to = rows + row * inputs;
    for (long start = 0; start < inputs; start += block) {
      const long depth = inputs - start < block ? inputs - start : block;
      const long from = start * padded + panel * depth * CK_PANEL + lane;
      for (long k = 0; k < depth; k++)
        to[start + k] = ck_load1(weights->panels, from + k * CK_PANEL, weights->element);
    }
  }
}

#if CK_HAS_WIDE
CK_WIDE static long widen_wide(float *target, const void *source, ck_element element, long count) {
  long i = 0;
  if (element == CK_F16)
    for (; i + 8 <= count; i += 8) _mm256_storeu_ps(target + i, ck_load8(source, i, CK_F16));
  else
    for (; i + 8 <= count; i += 8) _mm256_storeu_ps(target + i, ck_load8(source, i, CK_BF16));
  return i;
}
#endif

void ck_widen(float *target, const void *source, ck_element element, long count) {
  long i = 0;
  if (element == CK_F32) {
    memcpy(target, source, (size_t)count * sizeof(float));
    return;
  }
#if CK_HAS_WIDE
  if (ck_is_wide()) i = widen_wide(target, source, element, count);
#endif
  for (; i < count; i++) target[i] = ck_load1(source, i, element);
}
