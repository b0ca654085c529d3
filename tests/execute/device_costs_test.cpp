// SPDX-License-Identifier: MIT
#include "execute/device_costs.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstring>
#include <string>

using namespace hekla;

namespace {

const plan::DeviceCosts costs{9800.5, 0.0075, 0.017, 1.625, 2.9};

hekla_plugin_device_info device() {
    hekla_plugin_device_info info{};
    info.size = sizeof info;
    std::strcpy(info.name, "Cards \"7\"\xff");  // drivers say what they like
    std::strcpy(info.driver, "driver 1.2");
    info.vendor_id = 0x10de;
    info.device_id = 0x2335;
    info.capabilities = HEKLA_PLUGIN_CAP_FLOAT16;
    info.subgroup_size = 32;
    return info;
}

/// `text` with `from` put in `to`'s place.
std::string with(std::string text, const std::string& from, const std::string& to) {
    const std::size_t at = text.find(from);
    REQUIRE(at != std::string::npos);
    return text.replace(at, from.size(), to);
}

}  // namespace

TEST_CASE("costs are read as they were written") {
    CHECK(execute::read_costs(execute::write_costs(costs, device()), device()) == costs);
    CHECK(execute::costs_file_name(device(), "vulkan") == "vulkan-costs-10de-2335-4-32.json");
}

TEST_CASE("costs of another device or driver do not count") {
    const std::string text = execute::write_costs(costs, device());
    hekla_plugin_device_info other = device();
    std::strcpy(other.driver, "driver 1.3");
    CHECK_FALSE(execute::read_costs(text, other));
    other = device();
    other.capabilities = 0;
    CHECK_FALSE(execute::read_costs(text, other));
    CHECK_FALSE(execute::read_costs(with(text, "\"version\": 1", "\"version\": 2"), device()));
}

TEST_CASE("a damaged file of costs counts as none") {
    const std::string text = execute::write_costs(costs, device());
    for (std::size_t length = 0; length + 2 < text.size(); ++length)
        CHECK_FALSE(execute::read_costs(std::string_view(text).substr(0, length), device()));
    for (const char* wrong : {"-1.0", "1e999", "null", "\"fast\"", "[]", "{}"})
        CHECK_FALSE(execute::read_costs(with(text, "9800.5", wrong), device()));
    for (const char* wrong : {"7", "[]", "null", "{\"of\": 3}", "{\"of\": {}}"})
        CHECK_FALSE(execute::read_costs(wrong, device()));
    CHECK_FALSE(execute::read_costs(with(text, "flop_ns", "flops_ns"), device()));
}
