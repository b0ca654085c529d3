// SPDX-License-Identifier: MIT
#include "tensor_file.hpp"

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "files.hpp"

namespace hekla::host {
namespace {

using nlohmann::json;

constexpr std::size_t max_file_bytes = std::size_t{4} << 30;

float from_half(std::uint16_t half) {
    const int exponent = (half >> 10) & 31, fraction = half & 1023;
    const float size = exponent == 0 ? std::ldexp(static_cast<float>(fraction), -24)
                       : exponent == 31
                           ? (fraction ? std::numeric_limits<float>::quiet_NaN()
                                       : std::numeric_limits<float>::infinity())
                           : std::ldexp(static_cast<float>(fraction + 1024), exponent - 25);
    return half >> 15 ? -size : size;
}

float as_float(double value) { return static_cast<float>(value); }

std::int32_t as_int(std::int64_t value) {
    if (value < std::numeric_limits<std::int32_t>::min() ||
        value > std::numeric_limits<std::int32_t>::max())
        throw std::runtime_error("holds " + std::to_string(value) + ", which 32 bits do not");
    return static_cast<std::int32_t>(value);
}

/// Elements of type Stored, each through `convert`.
template <typename Stored, typename Convert>
Tensor converted(std::vector<std::int64_t> shape, std::string_view bytes, Convert convert) {
    std::vector<std::decay_t<decltype(convert(Stored{}))>> out(bytes.size() / sizeof(Stored));
    for (std::size_t i = 0; i < out.size(); ++i) {
        Stored value;
        std::memcpy(&value, bytes.data() + i * sizeof value, sizeof value);
        out[i] = convert(value);
    }
    return make_tensor(std::move(shape), std::span(std::as_const(out)));
}

struct StoredType {
    const char* name;
    std::size_t size;
    Tensor (*read)(std::vector<std::int64_t>, std::string_view);
};

template <typename Stored, auto convert>
constexpr auto reader = [](std::vector<std::int64_t> shape, std::string_view bytes) {
    return converted<Stored>(std::move(shape), bytes, convert);
};

constexpr StoredType stored_types[] = {
    {"F32", 4, reader<float, [](float x) { return x; }>},
    {"F64", 8, reader<double, as_float>},
    {"F16", 2, reader<std::uint16_t, from_half>},
    {"I32", 4, reader<std::int32_t, [](std::int32_t x) { return x; }>},
    {"I64", 8, reader<std::int64_t, as_int>},
    {"I16", 2, reader<std::int16_t, as_int>},
    {"U8", 1, reader<std::uint8_t, as_int>},
    {"BOOL", 1, reader<std::uint8_t, as_int>},
};

Tensor read_tensor(const json& entry, std::string_view data) {
    const auto name = entry.at("dtype").get<std::string>();
    const auto shape = entry.at("shape").get<std::vector<std::int64_t>>();
    const auto at = entry.at("data_offsets").get<std::vector<std::uint64_t>>();
    if (at.size() != 2 || at[0] > at[1] || at[1] > data.size())
        throw std::runtime_error("lies outside the file: it is damaged or was cut short");
    for (const StoredType& type : stored_types) {
        if (type.name != name) continue;
        std::uint64_t bytes = type.size;
        for (const std::int64_t size : shape)
            if (size < 0 || __builtin_mul_overflow(bytes, static_cast<std::uint64_t>(size), &bytes))
                throw std::runtime_error("has sizes that cannot be");
        if (bytes != at[1] - at[0])
            throw std::runtime_error("has " + std::to_string(at[1] - at[0]) +
                                     " bytes where its sizes need " + std::to_string(bytes));
        return type.read(shape, data.substr(at[0], bytes));
    }
    throw std::runtime_error("is " + name + ", which is not read here");
}

template <typename T>
Tensor owned(hekla_dtype dtype, std::vector<std::int64_t> shape, std::span<const T> values) {
    Tensor out;
    out.dtype = dtype;
    out.shape = std::move(shape);
    const auto bytes = std::as_bytes(values);
    out.bytes.assign(bytes.begin(), bytes.end());
    return out;
}

}  // namespace

static_assert(std::endian::native == std::endian::little, "safetensors files are little-endian");

Tensor make_tensor(std::vector<std::int64_t> shape, std::span<const float> values) {
    return owned(HEKLA_F32, std::move(shape), values);
}

Tensor make_tensor(std::vector<std::int64_t> shape, std::span<const std::int32_t> values) {
    return owned(HEKLA_I32, std::move(shape), values);
}

Tensors read_tensors(const std::filesystem::path& path) {
    const std::string file = read_file(path, max_file_bytes);
    std::string_view rest = file;
    std::uint64_t header_bytes = 0;
    if (rest.size() >= 8) std::memcpy(&header_bytes, rest.data(), 8);
    if (rest.size() < 8 || header_bytes > rest.size() - 8)
        throw std::runtime_error(path.string() + " is no safetensors file, or was cut short");
    const json header = json::parse(rest.substr(8, header_bytes), nullptr, false);
    if (!header.is_object())
        throw std::runtime_error(path.string() +
                                 " is no safetensors file: its header is not a JSON object");
    rest.remove_prefix(8 + header_bytes);
    Tensors out;
    for (const auto& [name, entry] : header.items()) {
        if (name == "__metadata__") continue;
        try {
            out.emplace(name, read_tensor(entry, rest));
        } catch (const std::exception& e) {
            throw std::runtime_error(path.string() + ": tensor `" + name + "` " + e.what());
        }
    }
    return out;
}

void write_tensors(const std::filesystem::path& path, const Tensors& tensors) {
    json header = json::object();
    std::string body;
    for (const auto& [name, tensor] : tensors) {
        const std::size_t begin = body.size();
        body.append(reinterpret_cast<const char*>(tensor.bytes.data()), tensor.bytes.size());
        header[name] = {{"dtype", tensor.dtype == HEKLA_I32 ? "I32" : "F32"},
                        {"shape", tensor.shape},
                        {"data_offsets", {begin, body.size()}}};
    }
    std::string text = header.dump();
    text.resize((text.size() + 7) / 8 * 8, ' ');
    std::string file(8, '\0');
    const std::uint64_t header_bytes = text.size();
    std::memcpy(file.data(), &header_bytes, 8);
    write_file(path, file + text + body);
}

}  // namespace hekla::host
