# SPDX-License-Identifier: MIT
# How tests are declared. Two functions:
#
#   hekla_add_test(NAME SOURCES a.cpp... [LIBS targets...] [LABELS labels...] [ENV K=V...])
#     A Catch2 executable and ONE ctest test of the same name. For what needs no device.
#
#   hekla_add_device_test(NAME (SOURCES a.cpp... [LIBS targets...] | COMMAND words...)
#                         [DEVICES vulkan cpu null...] [LABELS labels...] [ENV K=V...]
#                         [VALIDATED_ARGS words...] [NO_VALIDATION])
#     The same executable (or command), registered once per driver configuration present:
#       NAME.cpu, NAME.null                     the plugins that need no driver
#       NAME.vulkan@lavapipe                    Mesa's software driver, every optional feature
#       NAME.vulkan@lavapipe-baseline           the same, HEKLA_TEST_PROFILE=baseline
#       NAME.vulkan@swiftshader                 the poor device: no fp16, subgroups of 4
#       NAME.vulkan@<extra>                     each `name=icd.json` of HEKLA_EXTRA_ICDS, e.g. a real GPU
#       NAME.vulkan@lavapipe-validation-sync    core and synchronisation validation; any message fails
#       NAME.vulkan@lavapipe-validation-gpuav   GPU-assisted validation; any message fails
#     The test learns its configuration from the environment: HEKLA_TEST_DEVICE (cpu, null, vulkan) and
#     HEKLA_TEST_PROFILE (baseline or unset). DEVICES defaults to "vulkan cpu". The slow validation runs
#     append VALIDATED_ARGS, e.g. a Catch2 filter "~[slow]".
#
# Labels: the ones given, and for device tests "device" plus the configuration's name
# (cpu, null, lavapipe, lavapipe-baseline, swiftshader, validation-sync, validation-gpuav).
include_guard()

set(HEKLA_SWIFTSHADER_ICD "" CACHE FILEPATH "SwiftShader's vk_swiftshader_icd.json, to run the device tests on it")
set(HEKLA_EXTRA_ICDS "" CACHE STRING "More drivers to run the device tests on: name=icd.json;name=icd.json")
file(GLOB lavapipe_icds /usr/share/vulkan/icd.d/lvp_icd*.json /usr/local/share/vulkan/icd.d/lvp_icd*.json)
list(GET lavapipe_icds 0 lavapipe_icd)
set(HEKLA_LAVAPIPE_ICD "${lavapipe_icd}" CACHE FILEPATH "lavapipe's lvp_icd.json, to run the device tests on it")

function(_hekla_test_executable name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LIBS")
  find_package(Catch2 3 REQUIRED)
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE hekla_options ${arg_LIBS} Catch2::Catch2WithMain)
  target_compile_definitions(${name} PRIVATE
    HEKLA_TEST_DATA="${PROJECT_SOURCE_DIR}/tests" HEKLA_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
endfunction()

# What sanitizer runtimes are told; harmless in other builds.
set(hekla_sanitizer_env
  "ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1"
  "UBSAN_OPTIONS=print_stacktrace=1"
  "LSAN_OPTIONS=suppressions=${PROJECT_SOURCE_DIR}/tests/drivers.lsan:print_suppressions=0")

function(_hekla_register test labels env)
  set(env ${env} ${hekla_sanitizer_env})
  add_test(NAME ${test} COMMAND ${ARGN})
  set_tests_properties(${test} PROPERTIES
    LABELS "${labels}" TIMEOUT 2400 ENVIRONMENT "${env}")
endfunction()

function(hekla_add_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LIBS;LABELS;ENV")
  if(arg_UNPARSED_ARGUMENTS OR NOT arg_SOURCES)
    message(FATAL_ERROR "hekla_add_test(${name}): SOURCES missing, or not understood: ${arg_UNPARSED_ARGUMENTS}")
  endif()
  _hekla_test_executable(${name} SOURCES ${arg_SOURCES} LIBS ${arg_LIBS})
  _hekla_register(${name} "${arg_LABELS}" "${arg_ENV}" ${name})
endfunction()

function(hekla_add_device_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "NO_VALIDATION" "" "SOURCES;LIBS;COMMAND;DEVICES;LABELS;ENV;VALIDATED_ARGS")
  if(arg_UNPARSED_ARGUMENTS OR (NOT arg_SOURCES AND NOT arg_COMMAND))
    message(FATAL_ERROR "hekla_add_device_test(${name}): SOURCES or COMMAND missing, or not understood: ${arg_UNPARSED_ARGUMENTS}")
  endif()
  if(arg_SOURCES)
    _hekla_test_executable(${name} SOURCES ${arg_SOURCES} LIBS ${arg_LIBS})
    set(arg_COMMAND ${name})
  endif()
  if(NOT arg_DEVICES)
    set(arg_DEVICES vulkan cpu)
  endif()

  foreach(device IN LISTS arg_DEVICES)
    if(NOT device STREQUAL vulkan)
      _hekla_register(${name}.${device} "${arg_LABELS};device;${device}"
        "HEKLA_TEST_DEVICE=${device};${arg_ENV}" ${arg_COMMAND})
    endif()
  endforeach()
  if(NOT vulkan IN_LIST arg_DEVICES)
    return()
  endif()

  set(drivers ${HEKLA_EXTRA_ICDS})
  if(HEKLA_SWIFTSHADER_ICD)
    list(PREPEND drivers swiftshader=${HEKLA_SWIFTSHADER_ICD})
  endif()
  if(HEKLA_LAVAPIPE_ICD)
    list(PREPEND drivers lavapipe=${HEKLA_LAVAPIPE_ICD} lavapipe-baseline=${HEKLA_LAVAPIPE_ICD})
  endif()
  foreach(driver IN LISTS drivers)
    string(REGEX MATCH "^([^=]+)=(.+)$" ok "${driver}")
    set(label ${CMAKE_MATCH_1})
    set(env "HEKLA_TEST_DEVICE=vulkan;VK_DRIVER_FILES=${CMAKE_MATCH_2}")
    if(label MATCHES "-baseline$")
      list(APPEND env HEKLA_TEST_PROFILE=baseline)
    endif()
    _hekla_register(${name}.vulkan@${label} "${arg_LABELS};device;${label}" "${env};${arg_ENV}" ${arg_COMMAND})
  endforeach()

  if(HEKLA_LAVAPIPE_ICD AND NOT arg_NO_VALIDATION AND NOT HEKLA_SANITIZE)
    set(words ${arg_COMMAND})
    if(arg_SOURCES)
      set(words $<TARGET_FILE:${name}>)
    endif()
    foreach(mode sync gpuav)
      _hekla_register(${name}.vulkan@lavapipe-validation-${mode} "${arg_LABELS};device;validation-${mode}"
        "HEKLA_TEST_DEVICE=vulkan;VK_DRIVER_FILES=${HEKLA_LAVAPIPE_ICD};${arg_ENV}"
        ${PROJECT_SOURCE_DIR}/tests/validated ${mode} ${words} ${arg_VALIDATED_ARGS})
    endforeach()
  endif()
endfunction()
