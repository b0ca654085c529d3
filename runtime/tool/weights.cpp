// SPDX-License-Identifier: MIT
#include "tool/tool.hpp"

#include "weights/checkpoint.hpp"
#include "weights/quantise_checkpoint.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>
#include <memory>

#include <unistd.h>

namespace hekla::tool {
namespace {

std::string shape_text(const std::vector<std::int64_t>& shape) {
    std::string out;
    for (const std::int64_t size : shape) out += (out.empty() ? "" : ", ") + std::to_string(size);
    return "[" + out + "]";
}

int list_tensors(const std::string& path, bool json) {
    const auto checkpoint = weights::Checkpoint::open(path);
    std::uint64_t bytes = 0, elements = 0;
    std::map<std::string, std::size_t> types;
    auto list = nlohmann::ordered_json::array();
    std::size_t width = 0;
    for (const auto& tensor : checkpoint->tensors()) width = std::max(width, tensor.name.size());
    for (const auto& tensor : checkpoint->tensors()) {
        std::uint64_t count = 1;
        for (const std::int64_t size : tensor.shape) count *= static_cast<std::uint64_t>(size);
        bytes += tensor.size_bytes;
        elements += count;
        ++types[std::string(name_of(tensor.dtype))];
        if (json)
            list.push_back({{"name", tensor.name},
                            {"dtype", name_of(tensor.dtype)},
                            {"shape", tensor.shape},
                            {"bytes", tensor.size_bytes},
                            {"file", checkpoint->files()[tensor.file].filename().string()}});
        else
            fmt::print("{:<{}}  {:<5} {}\n", tensor.name, width, name_of(tensor.dtype),
                       shape_text(tensor.shape));
    }
    if (json) {
        fmt::print("{}\n", nlohmann::ordered_json{{"architecture", checkpoint->architecture()},
                                                  {"format", checkpoint->format()},
                                                  {"elements", elements},
                                                  {"bytes", bytes},
                                                  {"tensors", list}}
                               .dump(2));
        return exit_ok;
    }
    std::string summary;
    for (const auto& [type, count] : types) summary += fmt::format(", {} {}", count, type);
    fmt::print(stderr, "{} tensors ({}), {} values, {:.1f} MiB\n", checkpoint->tensors().size(),
               summary.empty() ? "none" : summary.substr(2), elements,
               static_cast<double>(bytes) / (1 << 20));
    return exit_ok;
}

/// Kept tensors by reason: "13 f32 (has one dimension): blk.0.attn_norm.weight, ...".
std::string kept_text(const weights::QuantiseReport& report) {
    std::map<std::pair<std::string, std::string>, std::vector<std::string>> groups;
    for (const auto& kept : report.kept)
        groups[{std::string(name_of(kept.type)), kept.reason}].push_back(kept.tensor);
    std::string out;
    for (const auto& [group, names] : groups) {
        std::string list;
        for (const std::string& name : names) list += (list.empty() ? "" : ", ") + name;
        out += fmt::format("{} stored as {}, for each {}: {}\n", names.size(), group.first,
                           group.second, list);
    }
    return out;
}

int quantise(const std::string& path, const std::string& type_name, const std::string& out,
             bool json) {
    if (type_name.empty())
        throw Error(ErrorCode::invalid_argument, "-o needs a type to write: --quantise TYPE");
    const auto type = find_dtype(type_name);
    if (!type)
        throw Error(ErrorCode::invalid_argument,
                    "`" + type_name +
                        "` is no type; types are f16, bf16, q8_0, q4_0, q4_1, q5_0, q5_1, q4_k, "
                        "q5_k, q6_k");
    if (out.empty())
        throw Error(ErrorCode::invalid_argument,
                    "--quantise needs a file to write: -o NAME.gguf or NAME.safetensors");
    const bool progress = isatty(STDERR_FILENO) != 0;
    const weights::QuantiseReport report = weights::quantise_checkpoint(
        path, *type, out, [&](std::uint64_t done, std::uint64_t total) {
            if (progress)
                fmt::print(stderr, "\rquantising {:3} %{}",
                           done * 100 / std::max<std::uint64_t>(total, 1),
                           done >= total ? "\r\033[K" : "");
        });
    const auto mebibytes = [](std::uint64_t bytes) {
        return static_cast<double>(bytes) / (1 << 20);
    };
    if (json) {
        auto kept = nlohmann::ordered_json::array();
        for (const auto& tensor : report.kept)
            kept.push_back({{"name", tensor.tensor},
                            {"dtype", name_of(tensor.type)},
                            {"reason", tensor.reason}});
        fmt::print("{}\n", nlohmann::ordered_json{{"file", out},
                                                  {"dtype", name_of(*type)},
                                                  {"changed", report.changed},
                                                  {"bytes_before", report.bytes_before},
                                                  {"bytes", report.bytes_after},
                                                  {"relative_error", report.error},
                                                  {"kept", kept}}
                               .dump(2));
        return exit_ok;
    }
    fmt::print(stderr, "{}{}: {} tensors in {}, {:.1f} MiB of {:.1f}; relative error {:.2g}\n",
               kept_text(report), out, report.changed, name_of(*type),
               mebibytes(report.bytes_after), mebibytes(report.bytes_before), report.error);
    return exit_ok;
}

}  // namespace

void add_weights(CLI::App& app, Action& action) {
    struct Arguments {
        std::string path, type, out;
        bool json = false;
    };
    auto arguments = std::make_shared<Arguments>();
    CLI::App* command =
        app.add_subcommand("weights", "List the tensors of a checkpoint, or write it smaller");
    command
        ->add_option("path", arguments->path,
                     "safetensors or GGUF file, shard index, or checkpoint folder")
        ->required();
    command->add_option("--quantise", arguments->type,
                        "Write a copy with its matrices in this type: f16, bf16, q8_0, q4_0, q4_1, "
                        "q5_0, q5_1, q4_k, q5_k, q6_k (each value to the nearest step, scales "
                        "searched for the least square error)");
    command->add_option("-o,--output", arguments->out,
                        "NAME.gguf: any type, with configuration and tokenizer inside; "
                        "NAME.safetensors: f16 or bf16");
    command->add_flag("--json", arguments->json, "For programs");
    command->callback([&action, arguments] {
        action = [arguments] {
            if (!arguments->type.empty() || !arguments->out.empty())
                return quantise(arguments->path, arguments->type, arguments->out, arguments->json);
            return list_tensors(arguments->path, arguments->json);
        };
    });
}

}  // namespace hekla::tool
