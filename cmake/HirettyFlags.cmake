# Warnings, hardening and sanitizers for every target of the project.
include(CheckCCompilerFlag)

function(ht_add_flags)
  foreach(flag IN LISTS ARGN)
    string(MAKE_C_IDENTIFIER "HT_HAS${flag}" has)
    check_c_compiler_flag("${flag}" ${has})
    if(${has})
      add_compile_options("${flag}")
    endif()
  endforeach()
endfunction()

add_compile_options(
  -Wall -Wextra -Wshadow -Wformat=2 -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wundef
  -Wvla -Wwrite-strings -Wcast-qual -Wswitch-enum -Wimplicit-fallthrough -Wnull-dereference
  -Wconversion -Wno-sign-conversion)
if(CMAKE_C_COMPILER_ID STREQUAL "GNU")
  add_compile_options(-Wlogical-op -Wduplicated-cond -Wduplicated-branches -Walloca
                      -Wold-style-definition -Wmissing-declarations)
else()
  # clang sees through GLib's g_utf8_next_char(), which casts const away; gcc does the check for us.
  # It takes a g_autoptr for unused where only its cleanup matters; gcc knows, and does that check too.
  add_compile_options(-Wno-cast-qual -Wno-unused-variable)
  add_compile_options(-Wcomma -Wloop-analysis -Wunreachable-code-break -Wunreachable-code-return
                      -Wextra-semi-stmt -Wmissing-variable-declarations)
endif()

add_compile_definitions(
  _GNU_SOURCE G_LOG_DOMAIN="hiretty" G_LOG_USE_STRUCTURED=1
  GLIB_VERSION_MIN_REQUIRED=GLIB_VERSION_2_74 GLIB_VERSION_MAX_ALLOWED=GLIB_VERSION_2_74
  HT_VERSION="${PROJECT_VERSION}"
  # Places where tests end the process (base/failpoint.h): not in what people get.
  HT_WITH_FAILPOINTS=$<NOT:$<CONFIG:Release>>)

if(HIRETTY_SANITIZE)
  add_compile_options(-fsanitize=${HIRETTY_SANITIZE} -fno-omit-frame-pointer
                      -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${HIRETTY_SANITIZE})
  add_compile_definitions(HT_SANITIZED=1)
  # Under ASan gcc's flow analysis sees its own checks as paths to NULL.
  add_compile_options(-Wno-null-dereference)
else()
  add_compile_definitions(HT_SANITIZED=0)
  ht_add_flags(-fstack-protector-strong -fstack-clash-protection -fcf-protection)
  if(NOT CMAKE_BUILD_TYPE STREQUAL "")
    add_compile_options(-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3)
  endif()
  add_link_options(-Wl,-z,relro,-z,now)
endif()
add_link_options($<$<STREQUAL:$<TARGET_PROPERTY:TYPE>,EXECUTABLE>:-pie>)
add_link_options(-Wl,--as-needed)

# Every object counts its edges for libFuzzer; only the targets of tests/fuzz bring its main().
if(HIRETTY_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

if(HIRETTY_COVERAGE)
  add_compile_options(--coverage)
  add_link_options(--coverage)
endif()

# -Og and -O1 keep _FORTIFY_SOURCE and the flow warnings alive in debug builds.
set(CMAKE_C_FLAGS_DEBUG "-Og -g")
if(NOT CMAKE_C_COMPILER_ID STREQUAL "GNU")
  set(CMAKE_C_FLAGS_DEBUG "-O1 -g")
endif()
set(CMAKE_C_FLAGS_RELEASE "-O2 -g")
