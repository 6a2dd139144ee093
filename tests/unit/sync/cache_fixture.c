/* The cache's fixture serves here too. */
#include "../cache/fixture.c" /* NOLINT(bugprone-suspicious-include) */
