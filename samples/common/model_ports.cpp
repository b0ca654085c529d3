// SPDX-License-Identifier: MIT
#include "model_ports.hpp"

#include <algorithm>
#include <charconv>
#include <regex>
#include <stdexcept>

namespace hekla::host {
namespace {

/// "B, 3, floor((H+1)/2)": commas within brackets belong to a size.
std::vector<PortSize> parse_shape(const std::string& text) {
    std::vector<PortSize> out;
    if (text.empty()) return out;
    int depth = 0;
    std::string size;
    const auto finish = [&] {
        size.erase(0, size.find_first_not_of(' '));
        PortSize one{size, {}};
        std::int64_t number = 0;
        const char* end = size.data() + size.size();
        if (const auto [stop, error] = std::from_chars(size.data(), end, number);
            error == std::errc() && stop == end)
            one.number = number;
        out.push_back(one);
        size.clear();
    };
    for (const char c : text) {
        depth += (c == '(') - (c == ')');
        if (c == ',' && depth == 0)
            finish();
        else
            size += c;
    }
    finish();
    return out;
}

std::vector<Port> read(const std::vector<hekla_port_info>& infos) {
    std::vector<Port> out;
    for (const auto& info : infos)
        out.push_back({info.name, info.dtype, parse_shape(info.shape), info.optional != 0});
    return out;
}

const Port* find(const std::vector<Port>& ports, const std::string& name) {
    const auto found = std::find_if(ports.begin(), ports.end(),
                                    [&](const Port& port) { return port.name == name; });
    return found == ports.end() ? nullptr : &*found;
}

const Port& require(const std::vector<Port>& ports, std::initializer_list<const char*> names,
                    const std::string& graph, const char* kind) {
    std::string wanted, has;
    for (const char* name : names) {
        if (const Port* port = find(ports, name)) return *port;
        wanted += (wanted.empty() ? "`" : " or `") + std::string(name) + "`";
    }
    for (const Port& port : ports) has += (has.empty() ? "" : ", ") + port.text();
    throw std::runtime_error("the graph `" + graph + "` has no " + kind + " " + wanted +
                             "; it has " + has);
}

}  // namespace

std::optional<PortSize::Growth> PortSize::growth(const std::string& dim) const {
    static const std::regex words(
        R"((?:(\d{1,9})\*)?(?:(\w+)|floor\(\((\w+)\+(\d{1,9})\)/(\d{1,9})\)))");
    std::smatch match;
    if (!std::regex_match(text, match, words)) return {};
    Growth out;
    if (match[1].matched) out.times = std::stoll(match[1]);
    if (match[2].matched) return match[2] == dim ? std::optional(out) : std::nullopt;
    out.multiple = std::stoll(match[5]);
    if (match[3] != dim || out.multiple == 0 || out.times % out.multiple != 0 ||
        std::stoll(match[4]) >= out.multiple)
        return {};
    out.times /= out.multiple;
    return out;
}

std::string Port::text() const {
    std::string out = name + " [";
    for (std::size_t i = 0; i < shape.size(); ++i) out += (i ? ", " : "") + shape[i].text;
    return out + "]";
}

std::int64_t Port::elements_each() const {
    std::int64_t product = 1;
    for (std::size_t i = 1; i < shape.size(); ++i) {
        if (!shape[i].number)
            throw std::runtime_error("the size `" + shape[i].text + "` of " + text() +
                                     " is not a number");
        product *= *shape[i].number;
    }
    return product;
}

ModelPorts::ModelPorts(const Model& model)
    : graph_(model.name()),
      inputs_(read(model.inputs())),
      outputs_(read(model.outputs())),
      dims_(model.dims()) {}

const Port* ModelPorts::input(const std::string& name) const { return find(inputs_, name); }
const Port* ModelPorts::output(const std::string& name) const { return find(outputs_, name); }

const Port& ModelPorts::require_input(std::initializer_list<const char*> names) const {
    return require(inputs_, names, graph_, "input");
}
const Port& ModelPorts::require_output(std::initializer_list<const char*> names) const {
    return require(outputs_, names, graph_, "output");
}

void ModelPorts::allow_inputs(std::initializer_list<const char*> names) const {
    for (const Port& port : inputs_)
        if (!port.optional && std::find(names.begin(), names.end(), port.name) == names.end())
            throw std::runtime_error("the graph `" + graph_ + "` takes " + port.text() +
                                     ", which this program does not know how to give");
}

std::int64_t ModelPorts::dim_max(const std::string& dim) const {
    for (const auto& info : dims_)
        if (info.name == dim) return info.max;
    return 0;
}

std::int64_t ModelPorts::dim_multiple(const std::string& dim) const {
    for (const auto& info : dims_)
        if (info.name == dim) return info.multiple;
    return 1;
}

}  // namespace hekla::host
