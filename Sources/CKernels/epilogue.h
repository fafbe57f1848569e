#pragma once
#include "include/ckernels_product.h"
