# SPDX-License-Identifier: MIT
# The cpu plugin's kernels, called through its table without the runtime.
find_package(nlohmann_json REQUIRED)
hekla_add_test(plugins_cpu
  SOURCES cpu_harness.cpp cpu_reference.cpp cpu_kernels_test.cpp cpu_attention_test.cpp cpu_linear_test.cpp cpu_loops_test.cpp
    cpu_device_test.cpp
  LIBS hekla_plugin_cpu_objects nlohmann_json::nlohmann_json
  LABELS plugins)
if(TARGET hekla_ops)
  hekla_add_test(plugins_cpu_words
    SOURCES cpu_words_test.cpp
    LIBS hekla_plugin_cpu_objects hekla_ops hekla_graph
    LABELS plugins ops)
endif()
