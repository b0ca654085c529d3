// SPDX-License-Identifier: MIT
#pragma once

#include <hekla/hekla.hpp>

#include <cstdlib>
#include <string>
#include <vector>

/// The device under test, and small models on it.
namespace tiny {

inline std::string environment(const char* name) {
    const char* value = std::getenv(name);
    return value ? value : "";
}

/// HEKLA_TEST_DEVICE and HEKLA_TEST_PROFILE, set by ctest.
inline hekla::Device open_device(const hekla::Runtime& runtime) {
    const std::string device = environment("HEKLA_TEST_DEVICE");
    return hekla::Device(runtime, device, environment("HEKLA_TEST_PROFILE") == "baseline");
}

inline hekla::Model load_text(const hekla::Device& device, const std::string& text,
                              unsigned random_weights = 1) {
    hekla_model_desc desc{};
    desc.graph_text = text.c_str();
    desc.graph_text_bytes = text.size();
    desc.random_weights = random_weights;
    return hekla::Model(device, desc);
}

inline hekla::Model load_case(const hekla::Device& device, const std::string& name) {
    const std::string folder = std::string(HEKLA_TEST_DATA) + "/reference/" + name;
    hekla_model_desc desc{};
    desc.checkpoint = folder.c_str();
    return hekla::Model(device, desc);
}

/// y = x + P, where P counts what earlier runs brought: the smallest graph with state.
inline const char* running_sum() {
    return R"(
hekla: 1
name: history
dims:
  B: {max: 4}
  T: {max: 8}
  P: {state: 0, next: P + T, max: 16}
inputs:
  x: float[B, 1, T, 3]
state:
  seen: float[B, 1, P, 3]
graph:
  all: append(seen, x, axis=2)
  y: relu(all)
outputs:
  y: float[B, 1, P + T, 3]
)";
}

}  // namespace tiny
