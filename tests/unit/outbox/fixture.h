/* The cache's fixture serves here too. */
#pragma once

#include "../cache/fixture.h"
