# The programs. All land in one folder, since runmoor looks for its supervisor
# beside itself.
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin)

function(add_program name room source)
  add_executable(${name} ${PROJECT_SOURCE_DIR}/src/${room}/${source})
  target_link_libraries(${name} PRIVATE ${room})
endfunction()

add_program(runmoor command runmoor.c)
add_program(moorctl command moorctl.c)
add_program(runmoor-supervisor supervise supervisor.c)

# A program for doctor's own container: static, since nothing else is there.
# Without a static libc doctor says that it couldn't try.
include(CheckCSourceCompiles)
set(CMAKE_REQUIRED_LINK_OPTIONS -static)
check_c_source_compiles("int main(void) { return 0; }" HAVE_STATIC_LIBC)
unset(CMAKE_REQUIRED_LINK_OPTIONS)
if(HAVE_STATIC_LIBC)
  add_executable(runmoor-trial ${PROJECT_SOURCE_DIR}/src/command/runmoor-trial.c)
  target_link_options(runmoor-trial PRIVATE -static)
  install(TARGETS runmoor-trial)
endif()

install(TARGETS runmoor runmoor-supervisor moorctl)
foreach(runtime runc crun)
  install(FILES ${CMAKE_RUNTIME_OUTPUT_DIRECTORY}/runmoor-${runtime} TYPE BIN)
  add_custom_command(TARGET runmoor POST_BUILD
    COMMAND ${CMAKE_COMMAND} -E create_symlink runmoor
      ${CMAKE_RUNTIME_OUTPUT_DIRECTORY}/runmoor-${runtime})
endforeach()
unset(CMAKE_RUNTIME_OUTPUT_DIRECTORY)
