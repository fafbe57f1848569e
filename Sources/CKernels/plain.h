#pragma once
// Scalar building blocks of the plain C twins.
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "include/ckernels_product.h"

static inline float ck_float_of_bits(uint32_t bits) {
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

static inline float ck_half_to_float(uint16_t half) {
  const uint32_t sign = (uint32_t)(half & 0x8000) << 16;
  const uint32_t exponent = half >> 10 & 31;
  const uint32_t fraction = half & 1023;
  if (exponent == 31) return ck_float_of_bits(sign | 0x7F800000u | fraction << 13);
  if (exponent != 0) return ck_float_of_bits(sign | (exponent + 112) << 23 | fraction << 13);
  const float magnitude = (float)fraction * 0x1p-24f;
  return sign ? -magnitude : magnitude;
}

/// One stored number as f32.
static inline float ck_load1(const void *base, long index, ck_element element) {
  switch (element) {
    case CK_F16: return ck_half_to_float(((const uint16_t *)base)[index]);
    case CK_BF16: return ck_float_of_bits((uint32_t)((const uint16_t *)base)[index] << 16);
    default: return ((const float *)base)[index];
  }
}

/// exp(scale * (x - max)) in place, exactly 0 where x is -infinity. Returns the sum.
static inline float ck_exponentials1(float *row, long count, float scale) {
  float maximum = -INFINITY, sum = 0;
  for (long j = 0; j < count; j++) maximum = row[j] > maximum ? row[j] : maximum;
  if (maximum == -INFINITY) maximum = 0;
  for (long j = 0; j < count; j++) {
    row[j] = row[j] == -INFINITY ? 0 : expf((row[j] - maximum) * scale);
    sum += row[j];
  }
  return sum;
}

static inline float ck_swish1(float x, float ax) { return x / (1.0f + expf(-ax)); }

static inline float ck_gelu1(float x) {
  return 0.5f * x * erfcf(x * -0.70710678118654752f);
}

static inline float ck_gelu_tanh1(float x) {
  return ck_swish1(x, 1.5957691216057308f * x * (1.0f + 0.044715f * x * x));
}
