// SPDX-License-Identifier: MIT
#include "weights/shard_index.hpp"

#include "base/error.hpp"
#include "weights/json.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include <fmt/format.h>

namespace hekla::weights {

namespace {

class IndexReader final : public JsonHandler {
  public:
    explicit IndexReader(ShardIndex& index) : index_(index) {}

    void begin_object() override {
        if (depth_ == 1 && key_ == "weight_map") {
            if (std::exchange(map_seen_, true)) throw JsonRefusal{"weight_map is given twice"};
            in_map_ = true;
        } else if (in_map_) {
            refuse_entry();
        }
        ++depth_;
    }
    void key(std::string_view name) override {
        if (depth_ <= 2) key_ = name;
    }
    void end_object() override {
        if (--depth_ == 1) in_map_ = false;
    }
    void begin_list() override {
        if (depth_ == 0) throw JsonRefusal{"a shard index is an object: {\"weight_map\": ...}"};
        if (in_map_) refuse_entry();
        ++depth_;
    }
    void end_list() override { --depth_; }
    void scalar(const JsonScalar& value) override {
        if (depth_ == 0) throw JsonRefusal{"a shard index is an object: {\"weight_map\": ...}"};
        if (!in_map_) return;
        const auto* const file = std::get_if<std::string_view>(&value);
        if (file == nullptr) refuse_entry();
        if (file->find_first_of("/\\") != file->npos || *file == ".." || *file == "." ||
            file->empty()) {
            throw JsonRefusal{fmt::format(
                "tensor {}: the shard {} is no plain file name; shards lie beside their index",
                quoted_for_message(key_), quoted_for_message(*file))};
        }
        if (index_.tensors.size() == max_tensors)
            throw JsonRefusal{fmt::format("more than {} tensors", max_tensors)};
        index_.tensors.emplace_back(key_, position_of(*file));
    }

    bool map_seen() const { return map_seen_; }

  private:
    [[noreturn]] void refuse_entry() const {
        throw JsonRefusal{
            fmt::format("tensor {}: weight_map must give a file name", quoted_for_message(key_))};
    }
    std::uint32_t position_of(std::string_view file) {
        const auto known = positions_.find(file);
        if (known != positions_.end()) return known->second;
        if (index_.files.size() == max_shards)
            throw JsonRefusal{fmt::format("more than {} shards", max_shards)};
        const auto position = static_cast<std::uint32_t>(index_.files.size());
        index_.files.emplace_back(file);
        positions_.emplace(file, position);
        return position;
    }

    ShardIndex& index_;
    std::map<std::string, std::uint32_t, std::less<>> positions_;
    std::string key_;
    int depth_ = 0;
    bool in_map_ = false;
    bool map_seen_ = false;
};

}  // namespace

ShardIndex read_shard_index(std::string_view json, std::string_view file) {
    ShardIndex index;
    IndexReader handler(index);
    read_json(json, file, 0, handler);
    if (!handler.map_seen())
        throw Error(ErrorCode::invalid_file,
                    fmt::format("{}: a shard index needs a weight_map: {{tensor: file}}", file));
    std::sort(index.tensors.begin(), index.tensors.end());
    const auto same_name = [](const auto& a, const auto& b) { return a.first == b.first; };
    const auto twice = std::adjacent_find(index.tensors.begin(), index.tensors.end(), same_name);
    if (twice != index.tensors.end())
        throw Error(ErrorCode::invalid_file, fmt::format("{}: tensor {}: is in weight_map twice",
                                                         file, quoted_for_message(twice->first)));
    return index;
}

}  // namespace hekla::weights
