// SPDX-License-Identifier: MIT
#include "weights/model_folder.hpp"

#include "base/error.hpp"

#include <algorithm>
#include <iterator>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace hekla::weights {

bool is_shard_index(std::string_view name) {
    // x.safetensors.index.json, and x.safetensors.index.fp16.json where the shards are of a variant
    return name.ends_with(".json") && name.find(".safetensors.index.") != name.npos;
}

ModelFolder::ModelFolder(const std::filesystem::path& folder)
    : folder_(folder.empty() ? "." : folder), boundary_(folder_) {
    std::error_code error;
    const std::filesystem::path real = std::filesystem::canonical(folder_, error);
    if (error) return;  // opening a file will say why
    // MODEL/snapshots/REVISION, or a part of a pipeline below it.
    std::filesystem::path below;
    for (std::filesystem::path at = real; at.has_relative_path(); at = at.parent_path()) {
        if (at.filename() == "snapshots" && !below.empty() &&
            std::filesystem::is_directory(at.parent_path() / "blobs", error)) {
            boundary_ = at.parent_path();
            within_ = ("snapshots" / below).string() + "/";
            return;
        }
        below = below.empty() ? at.filename() : at.filename() / below;
    }
}

bool ModelFolder::has(std::string_view name) const {
    std::error_code error;
    return std::filesystem::exists(std::filesystem::symlink_status(folder_ / name, error));
}

File ModelFolder::open(const std::string& name, HardLinks hard_links) const {
    if (name.empty() || name.find('/') != name.npos)
        throw Error(ErrorCode::internal, "not a plain file name: " + name);
    return open_beneath(boundary_, within_ + name, hard_links);
}

std::string ModelFolder::choose_weights() const {
    // As transformers and diffusers publish them; a variant only where there is nothing fuller.
    for (const std::string variant : {"", ".fp16", ".bf16"}) {
        for (const std::string stem : {"model", "diffusion_pytorch_model"}) {
            for (const std::string& name :
                 {stem + variant + ".safetensors", stem + ".safetensors.index" + variant + ".json"})
                if (has(name)) return name;
        }
    }
    if (has("model.gguf")) return "model.gguf";
    std::vector<std::string> found;
    const std::vector<std::string> names = list_folder(folder_);
    const auto ending_in = [&](std::string_view ending) {
        found.clear();
        std::copy_if(names.begin(), names.end(), std::back_inserter(found),
                     [&](const std::string& name) { return name.ends_with(ending); });
        return found.size();
    };
    const std::string where = folder_.string();
    for (const char* ending : {".safetensors.index.json", ".safetensors", ".gguf"}) {
        const std::size_t count = ending_in(ending);
        if (count == 1) return found.front();
        if (count > 1) {
            const std::size_t shown = std::min<std::size_t>(count, 5);
            throw Error(
                ErrorCode::not_found,
                fmt::format("{}: holds {} weight files ({}{}), none called model.safetensors; name "
                            "the one to open",
                            where, count,
                            fmt::join(found.begin(),
                                      found.begin() + static_cast<std::ptrdiff_t>(shown), ", "),
                            shown < count ? ", ..." : ""));
        }
    }
    if (has("model_index.json"))
        throw Error(
            ErrorCode::not_found,
            where +
                ": is a pipeline of several models; open one of its folders, such as unet or vae");
    for (const char* ending : {".bin", ".pt", ".pth", ".ckpt"}) {
        if (ending_in(ending) != 0) {
            throw Error(ErrorCode::not_found,
                        fmt::format("{}: holds no safetensors, only {}: a PyTorch pickle, which "
                                    "can run code and is never read; "
                                    "convert it to safetensors",
                                    where, found.front()));
        }
    }
    throw Error(ErrorCode::not_found, where +
                                          ": holds no weights (model.safetensors, "
                                          "model.safetensors.index.json or another *.safetensors)");
}

}  // namespace hekla::weights
