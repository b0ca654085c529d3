// SPDX-License-Identifier: MIT
#include "model_config.hpp"

#include <charconv>
#include <cmath>
#include <stdexcept>

#include "files.hpp"

namespace hekla::host {
namespace {

constexpr std::size_t max_config_bytes = 16u << 20;
constexpr std::size_t max_labels = 100'000;

}  // namespace

ModelConfig::ModelConfig(const std::filesystem::path& checkpoint)
    : document_(nlohmann::json::object()) {
    const auto folder =
        std::filesystem::is_directory(checkpoint) ? checkpoint : checkpoint.parent_path();
    const auto path = folder / "config.json";
    path_ = path.string();
    if (!std::filesystem::exists(path)) return;
    document_ = nlohmann::json::parse(read_file(path, max_config_bytes), nullptr, false);
    if (!document_.is_object()) throw std::runtime_error(path_ + ": this is not a JSON object");
}

void ModelConfig::fail(const std::string& key, const std::string& why) const {
    throw std::runtime_error(path_ + ": `" + key + "` " + why);
}

ValueRange ModelConfig::range(const char* key, ValueRange fallback) const {
    const auto found = document_.find(key);
    if (found == document_.end() || found->is_null()) return fallback;
    if (!found->is_array() || found->size() != 2 || !(*found)[0].is_number() ||
        !(*found)[1].is_number())
        fail(key, "must be two numbers: those of black and white");
    const ValueRange range{(*found)[0].get<float>(), (*found)[1].get<float>()};
    if (!std::isfinite(range.black) || !std::isfinite(range.white) || range.black == range.white)
        fail(key, "must be two different numbers: those of black and white");
    return range;
}

std::vector<std::string> ModelConfig::labels() const {
    std::vector<std::string> out;
    if (const auto list = document_.find("labels"); list != document_.end() && list->is_array()) {
        for (const auto& name : *list) {
            if (!name.is_string()) fail("labels", "must be a list of names");
            out.push_back(name);
        }
        return out;
    }
    const auto map = document_.find("id2label");
    if (map == document_.end() || !map->is_object()) return out;
    for (const auto& [key, name] : map->items()) {
        std::size_t number = 0;
        const auto [stop, error] = std::from_chars(key.data(), key.data() + key.size(), number);
        if (error != std::errc() || stop != key.data() + key.size() || number >= max_labels ||
            !name.is_string())
            fail("id2label", "must give a name to each number; `" + key + "` does not");
        if (number >= out.size()) out.resize(number + 1);
        out[number] = name;
    }
    return out;
}

}  // namespace hekla::host
