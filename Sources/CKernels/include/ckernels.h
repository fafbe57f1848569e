#pragma once
#include "ckernels_statistics.h"
