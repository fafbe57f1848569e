#pragma once
// Attention of one head: softmax(q kᵀ * scale + mask) v.
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
  const float *queries;  // [T, d], rows `query_stride` floats apart
  const float *keys;     // [S, d]
  const float *values;   // [S, d]
  float *output;         // [T, d]
  long query_stride, key_stride, value_stride, output_stride;
  long query_count, key_count, width;
  float scale;
  int causal;                  // query i sees keys <= i
  const unsigned char *hidden; // [S], 1 = key hidden from all queries; NULL = none
  float *probabilities;        // [T, S] to be filled, or NULL
  int products_only;           // leave the softmax out: for measuring what the products alone cost
} ck_attention;

/// Floats of scratch that `ck_attend` needs, 64-byte aligned.
size_t ck_attention_scratch(long key_count, long width);

/// Rows whose keys are all hidden give zeros.
void ck_attend(const ck_attention *attention, float *scratch);

/// Rotates q or k of `heads` heads in place, pairs (2j, 2j+1) of channels: x[d] = x[d] * c[t][d] + x[other of d] * s[t][d].
/// `cosines`, `sines`: [tokens, width], the sign of the pair is part of the sine.
void ck_rotate(float *vectors, long token_stride, long tokens, long heads, long width,
               const float *cosines, const float *sines);

#ifdef __cplusplus
}
#endif
