#pragma once
#include <png.h>
#include "decode.h"
