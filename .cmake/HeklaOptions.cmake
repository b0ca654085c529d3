# SPDX-License-Identifier: MIT
# Settings every target of Hekla is built with. Targets take the flags by linking `hekla_options` PRIVATE.
include_guard()

if(PROJECT_IS_TOP_LEVEL)
  if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
    set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "Debug, Release, RelWithDebInfo or MinSizeRel" FORCE)
  endif()
  set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

  find_program(HEKLA_CCACHE ccache DOC "Compiler cache; empty to go without")
  if(HEKLA_CCACHE)
    set(CMAKE_C_COMPILER_LAUNCHER ${HEKLA_CCACHE})
    set(CMAKE_CXX_COMPILER_LAUNCHER ${HEKLA_CCACHE})
  endif()
endif()

# Plugins are looked for beside libhekla first, so libraries and plugins share one folder.
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin)
set(CMAKE_LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/lib)
set(CMAKE_ARCHIVE_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/lib)
set(CMAKE_BUILD_RPATH_USE_ORIGIN ON)  # the build folder may be moved as a whole

set(CMAKE_C_STANDARD 11)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_C_VISIBILITY_PRESET hidden)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)

add_library(hekla_options INTERFACE)
target_compile_features(hekla_options INTERFACE cxx_std_20)
if(CMAKE_CXX_COMPILER_ID MATCHES "GNU|Clang")
  target_compile_options(hekla_options INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion
    $<$<BOOL:${HEKLA_WERROR}>:-Werror>)
  target_link_options(hekla_options INTERFACE
    $<$<NOT:$<PLATFORM_ID:Darwin>>:-Wl,--no-undefined>)
endif()
if(HEKLA_SANITIZE)
  target_compile_options(hekla_options INTERFACE
    -fsanitize=${HEKLA_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_compile_definitions(hekla_options INTERFACE _GLIBCXX_ASSERTIONS)
  target_link_options(hekla_options INTERFACE -fsanitize=${HEKLA_SANITIZE})
endif()
