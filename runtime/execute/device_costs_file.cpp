// SPDX-License-Identifier: MIT
#include "execute/device_costs.hpp"

#include <nlohmann/json.hpp>

#include <cmath>
#include <cstdio>

namespace hekla::execute {
namespace {

constexpr int version = 1;  // of what is measured

constexpr struct {
    const char* name;
    double plan::DeviceCosts::*cost;
} fields[] = {
    {"dispatch_ns", &plan::DeviceCosts::dispatch_ns},
    {"flop_ns", &plan::DeviceCosts::flop_ns},
    {"byte_ns", &plan::DeviceCosts::byte_ns},
    {"bounds_factor", &plan::DeviceCosts::bounds_factor},
    {"gathers_factor", &plan::DeviceCosts::gathers_factor},
};

/// Whose costs they are.
nlohmann::ordered_json identity(const hekla_plugin_device_info& device) {
    return {{"version", version},
            {"device", device.name},
            {"driver", device.driver},
            {"capabilities", device.capabilities},
            {"subgroup_size", device.subgroup_size}};
}

}  // namespace

std::string costs_file_name(const hekla_plugin_device_info& device, std::string_view backend) {
    char rest[96];
    std::snprintf(rest, sizeof rest, "-costs-%04x-%04x-%llx-%u.json", device.vendor_id,
                  device.device_id, static_cast<unsigned long long>(device.capabilities),
                  device.subgroup_size);
    return std::string(backend) + rest;
}

std::string write_costs(const plan::DeviceCosts& costs, const hekla_plugin_device_info& device) {
    nlohmann::ordered_json out = {{"of", identity(device)}};
    for (const auto& field : fields) out[field.name] = costs.*field.cost;
    return out.dump(2, ' ', true, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

std::optional<plan::DeviceCosts> read_costs(std::string_view text,
                                            const hekla_plugin_device_info& device) {
    const auto in = nlohmann::ordered_json::parse(text, nullptr, false);
    if (!in.is_object() || !in.contains("of")) return std::nullopt;
    // Names need not be UTF-8, so what was written is compared with what would be written.
    if (in["of"] != nlohmann::ordered_json::parse(write_costs({}, device))["of"])
        return std::nullopt;
    plan::DeviceCosts costs;
    for (const auto& field : fields) {
        if (!in.contains(field.name) || !in[field.name].is_number()) return std::nullopt;
        const double value = in[field.name].get<double>();
        if (!std::isfinite(value) || value < 0) return std::nullopt;
        costs.*field.cost = value;
    }
    return costs;
}

}  // namespace hekla::execute
