// SPDX-License-Identifier: MIT
#include "tool/random_inputs.hpp"

#include <algorithm>
#include <string_view>

namespace hekla::tool {

void set_random_inputs(Context& context, const Model& model, const Sizes& sizes, int below,
                       std::mt19937& random) {
    for (const auto& port : model.inputs()) {
        std::vector<std::int64_t> shape;
        std::size_t count = 1;
        std::string_view rest(port.shape);
        while (!rest.empty()) {
            const std::size_t comma = std::min(rest.find(", "), rest.size());
            const std::string word(rest.substr(0, comma));
            rest.remove_prefix(std::min(comma + 2, rest.size()));
            const bool number = !word.empty() && std::all_of(word.begin(), word.end(), [](char c) {
                return c >= '0' && c <= '9';
            });
            const auto at = sizes.find(word);
            shape.push_back(number ? std::stoll(word) : at == sizes.end() ? 1 : at->second);
            count *= static_cast<std::size_t>(shape.back());
        }
        if (port.dtype == HEKLA_F32) {
            std::vector<float> values(count);
            for (float& v : values) v = static_cast<float>(random()) * 0x1p-31f - 1.0f;
            context.set_input(port.name, HEKLA_F32, shape, std::as_bytes(std::span(values)));
        } else if (port.dtype == HEKLA_I32) {
            std::vector<std::int32_t> values(count);
            for (auto& v : values)
                v = static_cast<std::int32_t>(random() % static_cast<unsigned>(below));
            context.set_input(port.name, HEKLA_I32, shape, std::as_bytes(std::span(values)));
        } else {
            const std::vector<std::byte> values(count, std::byte{1});
            context.set_input(port.name, HEKLA_BOOL, shape, values);
        }
    }
}

}  // namespace hekla::tool
