// SPDX-License-Identifier: MIT
#include "tool/tool.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <memory>

namespace hekla::tool {

void add_devices(CLI::App& app, Action& action) {
    struct Arguments {
        ModelArguments model;
        bool json = false;
    };
    auto arguments = std::make_shared<Arguments>();
    CLI::App* command =
        app.add_subcommand("devices", "List the devices of every backend, best first");
    command->add_flag("--json", arguments->json, "For programs");
    command->add_option("--plugins", arguments->model.plugin_folders,
                        "Another folder to look for backends in");
    command->footer(
        "The first column is what --device takes. HEKLA_LOG=info says why a backend is not "
        "available.");
    command->callback([&action, arguments] {
        action = [arguments] {
            const Runtime runtime = open_runtime(arguments->model);
            const auto devices = runtime.devices();
            if (arguments->json) {
                auto list = nlohmann::ordered_json::array();
                for (const auto& d : devices)
                    list.push_back({{"id", d.id},
                                    {"name", d.name},
                                    {"driver", d.driver},
                                    {"type", d.type},
                                    {"capabilities", d.capabilities},
                                    {"memory_bytes", d.memory_bytes},
                                    {"max_binding_bytes", d.max_binding_bytes},
                                    {"subgroup_size", d.subgroup_size},
                                    {"max_workgroup_invocations", d.max_workgroup_invocations}});
                fmt::print("{}\n", list.dump(2));
                return exit_ok;
            }
            for (const auto& d : devices) {
                fmt::print("{:<10}  {}  ({}, {} MiB{})\n", d.id, d.name, d.type,
                           d.memory_bytes >> 20,
                           d.subgroup_size ? fmt::format(", subgroup {}", d.subgroup_size) : "");
                if (d.driver[0]) fmt::print("{:<10}  {}\n", "", d.driver);
                if (d.capabilities[0]) fmt::print("{:<10}  {}\n", "", d.capabilities);
            }
            return exit_ok;
        };
    });
}

}  // namespace hekla::tool
