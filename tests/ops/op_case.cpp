// SPDX-License-Identifier: MIT
#include "op_case.hpp"

#include <nlohmann/json.hpp>

#include <bit>
#include <cmath>
#include <cstring>
#include <fstream>
#include <random>
#include <sstream>
#include <stdexcept>

namespace hekla::test {
namespace {

using graph::DocNode;
using nlohmann::json;

[[noreturn]] void fail(const std::string& what) { throw std::runtime_error(what); }

std::string read_file(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) fail("cannot open " + path);
    std::ostringstream text;
    text << file.rdbuf();
    return std::move(text).str();
}

template <class T>
void append(std::vector<std::byte>& bytes, T value) {
    const auto* from = reinterpret_cast<const std::byte*>(&value);
    bytes.insert(bytes.end(), from, from + sizeof value);
}

// Round to nearest even; finite values of ordinary size are all that is asked for.
std::uint16_t to_half(float value) {
    const auto bits = std::bit_cast<std::uint32_t>(value);
    const auto sign = static_cast<std::uint16_t>((bits >> 16) & 0x8000u);
    const std::int32_t exponent = static_cast<std::int32_t>((bits >> 23) & 0xff) - 127 + 15;
    if (exponent >= 31) fail("a value does not fit f16");
    if (exponent <= 0) {  // denormal: a multiple of 2^-24
        return static_cast<std::uint16_t>(sign | static_cast<std::uint16_t>(std::nearbyint(std::abs(value) * 16777216.0f)));
    }
    const std::uint32_t mantissa = bits & 0x7fffffu;
    std::uint32_t half = (static_cast<std::uint32_t>(exponent) << 10) | (mantissa >> 13);
    const std::uint32_t rest = mantissa & 0x1fffu;
    if (rest > 0x1000u || (rest == 0x1000u && (half & 1u))) ++half;
    return static_cast<std::uint16_t>(sign | half);
}

std::uint16_t to_bfloat(float value) {
    const auto bits = std::bit_cast<std::uint32_t>(value);
    return static_cast<std::uint16_t>((bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16);
}

// std::normal_distribution differs between libraries; this does not.
class Random {
public:
    explicit Random(std::uint64_t seed) : engine_(seed) {}
    double uniform() { return static_cast<double>(engine_() >> 11) * 0x1p-53; }
    float normal() { return static_cast<float>(std::sqrt(-2 * std::log(1 - uniform())) * std::cos(6.283185307179586 * uniform())); }

private:
    std::mt19937_64 engine_;
};

const std::string& text_of(const DocNode& node) {
    if (!node.is_scalar()) fail("line " + std::to_string(node.place.line) + ": text is wanted");
    return node.text;
}

std::vector<std::pair<std::string, std::string>> texts(const DocNode* node) {
    std::vector<std::pair<std::string, std::string>> result;
    if (node == nullptr) return result;
    if (!node->is_map()) fail("line " + std::to_string(node->place.line) + ": a map is wanted");
    for (const auto& [key, value] : node->members) result.emplace_back(key.text, text_of(value));
    return result;
}

void check_keys(const DocNode& node, std::initializer_list<std::string_view> keys) {
    if (!node.is_map()) fail("line " + std::to_string(node.place.line) + ": a map is wanted");
    for (const auto& member : node.members)
        if (std::find(keys.begin(), keys.end(), member.key.text) == keys.end())
            fail("line " + std::to_string(member.key.place.line) + ": `" + member.key.text + "` is not a key here");
}

OpCase read_case(const DocNode& node, const std::string& stored) {
    check_keys(node, {"in", "weights", "graph", "out", "tolerance"});
    OpCase result;
    result.graph = texts(node.find("graph"));
    result.name = result.graph.empty() ? "?" : result.graph.back().second;
    std::uint64_t seed = node.place.line;
    for (const auto& [name, text] : texts(node.find("in"))) {
        result.inputs.emplace_back(name, make_tensor(text, ++seed * 7919, stored));
        result.name += ", " + name + ": " + text;
    }
    for (const auto& [name, text] : texts(node.find("weights"))) {
        result.weights.emplace_back(name, make_tensor(text, ++seed * 7919, stored));
        result.name += ", " + name + ": " + (text.starts_with("stored") ? stored + text.substr(6) : text);
    }
    for (const auto& [name, text] : texts(node.find("out"))) {
        HostTensor output = make_tensor(text, 0, stored);
        output.bytes.clear();
        result.outputs.emplace_back(name, std::move(output));
    }
    if (const DocNode* tolerance = node.find("tolerance")) {
        const auto value = graph::as_real(*tolerance);
        if (!value) fail("`tolerance` must be a number");
        result.relative = *value;
    }
    return result;
}

bool has_stored(const DocNode& node) {
    for (const auto& [name, text] : texts(node.find("weights")))
        if (text.starts_with("stored[")) return true;
    return false;
}

class ReferenceFile {
public:
    ReferenceFile(const std::string& folder, const std::string& name)
        : cases_(json::parse(read_file(folder + "/reference/ops/" + name + ".json"))),
          image_(read_file(folder + "/reference/ops/" + name + ".safetensors")) {
        std::uint64_t size = 0;
        std::memcpy(&size, image_.data(), sizeof size);
        header_ = json::parse(image_.substr(8, size));
        data_ = 8 + size;
    }

    const json& find(const std::string& id) const {
        for (const json& item : cases_.at("cases"))
            if (item.at("id") == id) return item;
        fail("there is no case " + id);
    }

    // int64 becomes i32, as Hekla takes it.
    HostTensor tensor(const std::string& name) const {
        const json& entry = header_.at(name);
        HostTensor result;
        result.shape = entry.at("shape").get<std::vector<std::int64_t>>();
        const std::size_t begin = data_ + entry.at("data_offsets").at(0).get<std::size_t>();
        const std::string type = entry.at("dtype");
        for (std::size_t i = 0; i < result.count(); ++i) {
            if (type == "F32") append(result.bytes, load<float>(begin, i));
            else if (type == "I64") append(result.bytes, static_cast<std::int32_t>(load<std::int64_t>(begin, i)));
            else if (type == "BOOL") append(result.bytes, load<std::uint8_t>(begin, i));
            else fail(name + ": " + type + " is not read here");
        }
        result.type = type == "F32" ? "float" : type == "I64" ? "i32" : "bool";
        return result;
    }

private:
    template <class T>
    T load(std::size_t begin, std::size_t i) const {
        T value;
        if (begin + (i + 1) * sizeof value > image_.size()) fail("a tensor ends beyond its file");
        std::memcpy(&value, image_.data() + begin + i * sizeof value, sizeof value);
        return value;
    }

    json cases_, header_;
    std::string image_;
    std::size_t data_ = 0;
};

OpCase read_reference(const std::string& folder, const DocNode& node) {
    check_keys(node, {"file", "id", "weights", "unused", "graph"});
    const DocNode *file = node.find("file"), *id = node.find("id");
    if (file == nullptr || id == nullptr) fail("a reference needs `file` and `id`");
    const ReferenceFile reference(folder, text_of(*file));
    const json& item = reference.find(id->text);
    OpCase result;
    result.name = "reference " + file->text + " " + id->text;
    result.graph = texts(node.find("graph"));
    std::vector<std::string> taken;
    for (const auto& [name, from] : texts(node.find("weights"))) {
        HostTensor tensor = reference.tensor(id->text + "." + from);
        tensor.type = "f32";
        result.weights.emplace_back(name, std::move(tensor));
        taken.push_back(from);
    }
    if (const DocNode* unused = node.find("unused"))
        for (const DocNode& name : unused->items) taken.push_back(text_of(name));
    for (const auto& [name, about] : item.at("inputs").items())
        if (std::find(taken.begin(), taken.end(), name) == taken.end())
            result.inputs.emplace_back(name, reference.tensor(id->text + "." + name));
    for (const auto& [name, about] : item.at("outputs").items()) {
        result.outputs.emplace_back(name, reference.tensor(id->text + "." + name));
        result.tolerance[name] =
            about.contains("std") ? about.at("std").get<double>() * about.at("tolerance_rel_std").get<double>() : 0.0;
    }
    return result;
}

}  // namespace

HostTensor make_tensor(const std::string& text, std::uint64_t seed, const std::string& stored) {
    const std::size_t open = text.find('['), close = text.find(']');
    if (open == std::string::npos || close == std::string::npos) fail("`" + text + "` is not `type[sizes]`");
    HostTensor tensor;
    tensor.type = text.substr(0, open);
    if (tensor.type == "stored") tensor.type = stored;
    std::istringstream sizes(text.substr(open + 1, close - open - 1));
    for (std::string size; std::getline(sizes, size, ',');) tensor.shape.push_back(std::stoll(size));
    std::istringstream rest(text.substr(close + 1));
    double low = 0, high = 0;
    bool even = false;
    for (std::string word; rest >> word;) {
        if (word == "from" && rest >> low) even = true;
        else if ((word != "to" && word != "below") || !(rest >> high)) fail("`" + text + "`: " + word + "?");
    }
    Random random(seed);
    for (std::size_t i = 0; i < tensor.count(); ++i) {
        if (tensor.type == "i32") append(tensor.bytes, static_cast<std::int32_t>(low + random.uniform() * (high - low)));
        else if (tensor.type == "bool") append(tensor.bytes, static_cast<std::uint8_t>(random.uniform() < 0.5));
        else {
            const float value = even ? static_cast<float>(low + random.uniform() * (high - low)) : random.normal();
            if (tensor.type == "f16") append(tensor.bytes, to_half(value));
            else if (tensor.type == "bf16") append(tensor.bytes, to_bfloat(value));
            else append(tensor.bytes, value);
        }
    }
    return tensor;
}

std::size_t HostTensor::count() const {
    std::size_t result = 1;
    for (const std::int64_t size : shape) result *= static_cast<std::size_t>(size);
    return result;
}

CaseFile read_case_file(const std::string& folder, const std::string& op) {
    const std::string path = folder + "/ops/" + op + ".yaml";
    Diagnostics complaints;
    const auto document = graph::parse_document(std::make_shared<const Source>(path, read_file(path)), complaints);
    if (!document) fail(complaints.text());
    CaseFile result;
    result.op = op;
    try {
        check_keys(document->root, {"uses", "with", "reference", "cases"});
        const DocNode* uses = document->root.find("uses");
        result.uses = uses == nullptr ? op : text_of(*uses) == "none" ? std::string() : uses->text;
        if (const DocNode* with = document->root.find("with")) result.with = text_of(*with);
        if (const DocNode* references = document->root.find("reference"))
            for (const DocNode& item : references->items) result.references.push_back(read_reference(folder, item));
        if (const DocNode* cases = document->root.find("cases")) {
            for (const DocNode& item : cases->items) {
                if (!has_stored(item)) result.cases.push_back(read_case(item, ""));
                else for (const char* stored : {"f32", "f16", "bf16"}) result.cases.push_back(read_case(item, stored));
            }
        }
    } catch (const std::exception& error) {
        fail(path + ": " + error.what());
    }
    return result;
}

std::string safetensors_image(const std::vector<std::pair<std::string, HostTensor>>& tensors) {
    json header = json::object();
    std::string data;
    for (const auto& [name, tensor] : tensors) {
        const std::string type = tensor.type == "f16" ? "F16" : tensor.type == "bf16" ? "BF16" : "F32";
        header[name] = {{"dtype", type}, {"shape", tensor.shape}, {"data_offsets", {data.size(), data.size() + tensor.bytes.size()}}};
        data.append(reinterpret_cast<const char*>(tensor.bytes.data()), tensor.bytes.size());
    }
    std::string text = header.dump();
    text.resize((text.size() + 7) / 8 * 8, ' ');
    const std::uint64_t size = text.size();
    std::string image(sizeof size, '\0');
    std::memcpy(image.data(), &size, sizeof size);
    return image + text + data;
}

}  // namespace hekla::test
