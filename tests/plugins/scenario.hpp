// SPDX-License-Identifier: MIT
#pragma once

#include <hekla/hekla_plugin.h>

#include <cstdint>
#include <string>
#include <vector>

namespace hekla::testing {

/// What came of one life of a device: open, create, upload, compile, record, run, read, destroy.
struct ScenarioResult {
    hekla_plugin_result code = HEKLA_PLUGIN_OK;  // of the call that failed, or OK
    std::string stage;                           // that call
    std::string text;                            // its sentence
    std::vector<float> output;                   // when OK
};

/// Runs the whole life through `table`, cleaning up behind whatever fails. `lent_device`, `cache_folder`: for open, may be null.
ScenarioResult run_scenario(const hekla_plugin& table, const void* lent_device,
                            const char* cache_folder);

/// What its output has to be.
std::vector<float> scenario_output();

}  // namespace hekla::testing
