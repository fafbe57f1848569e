#pragma once
// Kernels in C, chosen once at run time by what the CPU can do. One header an idea.
#include "ckernels_attention.h"
#include "ckernels_dispatch.h"
#include "ckernels_patches.h"
#include "ckernels_product.h"
#include "ckernels_rows.h"
#include "ckernels_statistics.h"
