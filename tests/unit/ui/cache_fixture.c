/* The cache's fixture, for the tests of this layer too. */
#include "../cache/fixture.c"
