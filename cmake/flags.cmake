include(CheckCCompilerFlag)

add_library(flags INTERFACE)
target_compile_definitions(flags INTERFACE _GNU_SOURCE
  _FILE_OFFSET_BITS=64 RUNMOOR_VERSION="${PROJECT_VERSION}")
# Libraries that only the other programs of a room need stay out.
target_link_options(flags INTERFACE -Wl,--as-needed)
target_compile_options(flags INTERFACE -Wall -Wextra -Wconversion -Wshadow
  -Wcast-qual -Wswitch-enum -Wvla -Wstrict-prototypes -Wmissing-prototypes)
if(RUNMOOR_WERROR)
  target_compile_options(flags INTERFACE -Werror)
endif()
if(RUNMOOR_FUZZ)
  # The rooms are built with coverage too, or the fuzzers don't see the code
  # that they call.
  target_compile_options(flags INTERFACE -fsanitize=fuzzer-no-link)
endif()
if(RUNMOOR_UNPROVEN)
  target_compile_definitions(flags INTERFACE RUNMOOR_UNPROVEN)
endif()
if(RUNMOOR_SANITIZE)
  target_compile_options(flags INTERFACE
    -fsanitize=${RUNMOOR_SANITIZE} -fno-omit-frame-pointer
    -fno-sanitize-recover=undefined)
  target_link_options(flags INTERFACE -fsanitize=${RUNMOOR_SANITIZE})
endif()
if(RUNMOOR_HARDEN)
  target_compile_options(flags INTERFACE -fstack-protector-strong
    -fstack-clash-protection -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3)
  check_c_compiler_flag(-fcf-protection=full HAVE_CET)
  if(HAVE_CET)
    target_compile_options(flags INTERFACE -fcf-protection=full)
  endif()
  target_link_options(flags INTERFACE
    -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack)
endif()
