// SPDX-License-Identifier: MIT
// The reader of tests/reference/ops: OP.json beside OP.safetensors (tests/reference/README.md).
#include "cpu_harness.hpp"

#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>

#include <cstring>
#include <fstream>
#include <iterator>

namespace cpu_test {

namespace {

using nlohmann::json;

struct File {
    json header;
    std::string data;
};

std::string read_text(const std::string& path) {
    std::ifstream stream(path, std::ios::binary);
    INFO(path);
    REQUIRE(stream);
    return {std::istreambuf_iterator<char>(stream), {}};
}

File read_tensors(const std::string& path) {
    const std::string text = read_text(path);
    std::uint64_t length = 0;
    REQUIRE(text.size() > sizeof length);
    std::memcpy(&length, text.data(), sizeof length);
    return {json::parse(text.substr(sizeof length, length)), text.substr(sizeof length + length)};
}

template <class T, class To>
std::vector<To> elements(const File& file, const json& entry) {
    const auto begin = entry["data_offsets"][0].get<std::size_t>();
    const auto end = entry["data_offsets"][1].get<std::size_t>();
    std::vector<To> values;
    for (std::size_t at = begin; at < end; at += sizeof(T)) {
        T value;
        std::memcpy(&value, file.data.data() + at, sizeof value);
        values.push_back(static_cast<To>(value));
    }
    return values;
}

}  // namespace

std::vector<Case> read_cases(std::string_view op) {
    const std::string stem = std::string(HEKLA_TEST_DATA "/reference/ops/") + std::string(op);
    const json description = json::parse(read_text(stem + ".json"));
    const File file = read_tensors(stem + ".safetensors");

    std::vector<Case> cases;
    for (const json& from : description["cases"]) {
        Case made;
        made.id = from["id"].get<std::string>();
        for (const auto& [name, value] : from["attrs"].items()) {
            if (value.is_string()) made.words[name] = value.get<std::string>();
            if (value.is_number()) made.numbers[name] = value.get<double>();
            if (value.is_boolean()) made.numbers[name] = value.get<bool>() ? 1.0 : 0.0;
        }
        for (const auto& [name, unused] : from["inputs"].items()) {
            const json& entry = file.header[made.id + "." + name];
            const auto dtype = entry["dtype"].get<std::string>();
            const auto shape = entry["shape"].get<Shape>();
            made.shapes[name] = shape;
            if (dtype == "F32") made.floats[name] = {shape, elements<float, float>(file, entry)};
            if (dtype == "I64")
                made.integers[name] = elements<std::int64_t, std::int64_t>(file, entry);
            if (dtype == "BOOL")
                made.integers[name] = elements<std::uint8_t, std::int64_t>(file, entry);
        }
        const json& entry = file.header[made.id + ".y"];
        made.expected = {entry["shape"].get<Shape>(), elements<float, float>(file, entry)};
        const json& rule = from["outputs"]["y"];
        if (rule.value("exact", false)) {
            made.allowed = 0.0;
        } else {
            const auto rounding = rule["f32_rounding_rel_std"].get<double>();
            made.allowed = (4.0 * rounding + 1e-6) * rule["std"].get<double>();
        }
        cases.push_back(std::move(made));
    }
    REQUIRE(!cases.empty());
    return cases;
}

double Case::number(const std::string& name, double otherwise) const {
    const auto found = numbers.find(name);
    return found == numbers.end() ? otherwise : found->second;
}

}  // namespace cpu_test
