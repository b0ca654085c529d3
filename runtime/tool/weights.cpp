// SPDX-License-Identifier: MIT
#include "tool/tool.hpp"

#include "weights/checkpoint.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <map>
#include <memory>

namespace hekla::tool {
namespace {

std::string shape_text(const std::vector<std::int64_t>& shape) {
    std::string out;
    for (const std::int64_t size : shape) out += (out.empty() ? "" : ", ") + std::to_string(size);
    return "[" + out + "]";
}

}  // namespace

void add_weights(CLI::App& app, Action& action) {
    struct Arguments {
        std::string path;
        bool json = false;
    };
    auto arguments = std::make_shared<Arguments>();
    CLI::App* command =
        app.add_subcommand("weights", "List the tensors of a weight file or checkpoint folder");
    command
        ->add_option("path", arguments->path, "safetensors file, shard index, or checkpoint folder")
        ->required();
    command->add_flag("--json", arguments->json, "For programs");
    command->callback([&action, arguments] {
        action = [arguments] {
            const auto checkpoint = weights::Checkpoint::open(arguments->path);
            std::uint64_t bytes = 0, elements = 0;
            std::map<std::string, std::size_t> types;
            auto list = nlohmann::ordered_json::array();
            std::size_t width = 0;
            for (const auto& tensor : checkpoint->tensors())
                width = std::max(width, tensor.name.size());
            for (const auto& tensor : checkpoint->tensors()) {
                std::uint64_t count = 1;
                for (const std::int64_t size : tensor.shape)
                    count *= static_cast<std::uint64_t>(size);
                bytes += tensor.size_bytes;
                elements += count;
                ++types[std::string(name_of(tensor.dtype))];
                if (arguments->json)
                    list.push_back(
                        {{"name", tensor.name},
                         {"dtype", name_of(tensor.dtype)},
                         {"shape", tensor.shape},
                         {"bytes", tensor.size_bytes},
                         {"file", checkpoint->files()[tensor.file].filename().string()}});
                else
                    fmt::print("{:<{}}  {:<5} {}\n", tensor.name, width, name_of(tensor.dtype),
                               shape_text(tensor.shape));
            }
            if (arguments->json) {
                fmt::print("{}\n",
                           nlohmann::ordered_json{{"architecture", checkpoint->architecture()},
                                                  {"format", checkpoint->format()},
                                                  {"elements", elements},
                                                  {"bytes", bytes},
                                                  {"tensors", list}}
                               .dump(2));
                return exit_ok;
            }
            std::string summary;
            for (const auto& [type, count] : types) summary += fmt::format(", {} {}", count, type);
            fmt::print(stderr, "{} tensors ({}), {} values, {:.1f} MiB\n",
                       checkpoint->tensors().size(), summary.empty() ? "none" : summary.substr(2),
                       elements, static_cast<double>(bytes) / (1 << 20));
            return exit_ok;
        };
    });
}

}  // namespace hekla::tool
