/* The verb `db`: see cmd_db.c. Main thread; needs no cache. */
#pragma once

#include "hiretty/command/cli.h"

int ht_verb_db(HtCliHost *host, int argc, char **argv);
