// SPDX-License-Identifier: MIT
#include "tool/drawing.hpp"

#include "ops/entry.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace hekla::tool {
namespace {

using graph::Dim;

std::string type_text(const graph::TensorType& type, const std::vector<std::string>& names) {
    std::string sizes;
    for (const Dim& size : type.shape) sizes += (sizes.empty() ? "" : ", ") + size.text(names);
    return fmt::format("{}[{}]", name_of(type.dtype), sizes);
}

std::string attribute_text(const graph::Attribute& value, const std::vector<std::string>& names) {
    if (const auto* d = std::get_if<Dim>(&value)) return d->text(names);
    if (const auto* r = std::get_if<double>(&value)) return fmt::format("{}", *r);
    if (const auto* b = std::get_if<bool>(&value)) return *b ? "true" : "false";
    if (const auto* word = std::get_if<std::string>(&value)) return "'" + *word + "'";
    if (const auto* list = std::get_if<std::vector<Dim>>(&value)) {
        std::string out;
        for (const Dim& d : *list) out += (out.empty() ? "" : ", ") + d.text(names);
        return "[" + out + "]";
    }
    return "none";
}

std::string escaped(std::string_view text, bool xml) {
    std::string out;
    for (const char c : text) {
        if (xml && c == '<')
            out += "&lt;";
        else if (xml && c == '>')
            out += "&gt;";
        else if (xml && c == '&')
            out += "&amp;";
        else if (xml && c == '"')
            out += "&quot;";
        else if (!xml && (c == '"' || c == '\\'))
            out += std::string("\\") + c;
        else
            out += c;
    }
    return out;
}

}  // namespace

ShownGraph describe(const graph::Graph& graph) {
    ShownGraph out{graph.name, graph.entry, {}, {}, {}, {}, {}, {}};
    std::vector<std::string> names;
    for (const graph::Symbol& symbol : graph.symbols) names.push_back(symbol.name);
    const auto type_of = [&](graph::ValueId v) { return type_text(graph.values[v].type, names); };
    for (const graph::Symbol& symbol : graph.symbols) {
        std::string text;
        if (symbol.max > 0) text += fmt::format("max {}", symbol.max);
        if (symbol.multiple > 1)
            text += fmt::format("{}multiple {}", text.empty() ? "" : ", ", symbol.multiple);
        if (symbol.is_state)
            text += fmt::format("{}from {}, next {}", text.empty() ? "" : ", ", symbol.start,
                                symbol.next.text(names));
        out.dims.push_back({symbol.name, text, {}, {}});
    }
    for (const graph::Input& input : graph.inputs)
        out.inputs.push_back({input.name, type_of(input.value), {}, {}});
    for (const graph::State& state : graph.states)
        out.states.push_back({state.path, type_text(state.type, names), {}, {}});
    for (const graph::Weight& weight : graph.weights)
        out.weights.push_back({weight.path,
                               weight.value != graph::no_id ? type_of(weight.value) : "",
                               weight.name == weight.path ? "" : weight.name,
                               {}});
    for (const graph::Node& node : graph.nodes) {
        ShownLine line;
        std::string arguments;
        const auto add = [&](const std::string& text) {
            arguments += (arguments.empty() ? "" : ", ") + text;
        };
        for (const graph::ValueId v : node.inputs) {
            if (v == graph::no_id) continue;
            add(graph.values[v].path);
            if (graph.values[v].kind != graph::ValueKind::weight)
                line.from.push_back(graph.values[v].path);
        }
        for (std::size_t i = 0; i < node.attributes.size() && i < node.op->attributes.size(); ++i)
            add(node.op->attributes[i].name + "=" + attribute_text(node.attributes[i], names));
        for (const graph::ValueId v : node.outputs) {
            line.name += (line.name.empty() ? "" : ", ") + graph.values[v].path;
            line.type += (line.type.empty() ? "" : ", ") + type_of(v);
        }
        line.text = node.op->name + "(" + arguments + ")";
        out.nodes.push_back(std::move(line));
    }
    for (const graph::Output& output : graph.outputs)
        out.outputs.push_back(
            {output.name,
             type_of(output.value),
             graph.values[output.value].path == output.name ? "" : graph.values[output.value].path,
             {graph.values[output.value].path}});
    return out;
}

std::string dot_of(const ShownGraph& graph) {
    std::string out =
        fmt::format("digraph \"{}\" {{\n  node [shape=box, fontname=\"monospace\", fontsize=10];\n",
                    escaped(graph.name, false));
    std::map<std::string, std::string> made;  // value path -> dot node
    std::size_t count = 0;
    const auto add = [&](const std::string& label, const char* style) {
        const std::string id = fmt::format("n{}", count++);
        out += fmt::format("  {} [label=\"{}\"{}];\n", id, escaped(label, false), style);
        return id;
    };
    for (const ShownLine& line : graph.inputs)
        made[line.name] = add(line.name + "  " + line.text, ", style=rounded");
    for (const ShownLine& line : graph.states)
        made[line.name] = add(line.name + "  " + line.text, ", style=dashed");
    std::string edges;
    for (const ShownLine& line : graph.nodes) {
        const std::string id =
            add(line.text.substr(0, line.text.find('(')) + "  " + line.name + "  " + line.type, "");
        for (const std::string& from : line.from)
            if (const auto at = made.find(from); at != made.end())
                edges += fmt::format("  {} -> {};\n", at->second, id);
        std::string rest = line.name;
        while (!rest.empty()) {
            const std::size_t comma = std::min(rest.find(", "), rest.size());
            made[rest.substr(0, comma)] = id;
            rest.erase(0, std::min(comma + 2, rest.size()));
        }
    }
    for (const ShownLine& line : graph.outputs) {
        const std::string id = add(line.name + "  " + line.text, ", style=bold");
        if (const auto at = made.find(line.from[0]); at != made.end())
            edges += fmt::format("  {} -> {};\n", at->second, id);
    }
    return out + edges + "}\n";
}

std::string svg_of(const ShownGraph& graph) {
    struct Row {
        std::string text, type;
        const char* color;
        std::vector<std::size_t> from;
    };
    std::vector<Row> rows;
    std::map<std::string, std::size_t> made;
    const auto sources = [&](const std::vector<std::string>& from) {
        std::vector<std::size_t> out;
        for (const std::string& path : from)
            if (const auto at = made.find(path); at != made.end()) out.push_back(at->second);
        return out;
    };
    const auto add = [&](const std::string& names, std::string text, std::string type,
                         const char* color, const std::vector<std::string>& from) {
        rows.push_back({std::move(text), std::move(type), color, sources(from)});
        std::string rest = names;
        while (!rest.empty()) {
            const std::size_t comma = std::min(rest.find(", "), rest.size());
            made[rest.substr(0, comma)] = rows.size() - 1;
            rest.erase(0, std::min(comma + 2, rest.size()));
        }
    };
    for (const ShownLine& line : graph.inputs) add(line.name, line.name, line.text, "#2a6f97", {});
    for (const ShownLine& line : graph.states) add(line.name, line.name, line.text, "#8d6a9f", {});
    for (const ShownLine& line : graph.nodes)
        add(line.name, line.name + " = " + line.text.substr(0, line.text.find('(')), line.type,
            "#333333", line.from);
    for (const ShownLine& line : graph.outputs) add("", line.name, line.text, "#b5532a", line.from);

    constexpr int row_height = 18, most_left = 260;
    std::size_t longest = 1, widest = 0;
    for (std::size_t r = 0; r < rows.size(); ++r) {
        for (const std::size_t from : rows[r].from) longest = std::max(longest, r - from);
        widest = std::max(widest, rows[r].text.size() + rows[r].type.size() + 2);
    }
    const auto reach = [&](std::size_t length) {
        return 8 + static_cast<int>(static_cast<double>(most_left - 20) *
                                    static_cast<double>(length) / static_cast<double>(longest));
    };
    const int left = std::min(most_left, reach(longest) + 12),
              width = left + 20 + static_cast<int>(widest) * 8,
              height = static_cast<int>(rows.size()) * row_height + 20;
    std::string out = fmt::format(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{}\" height=\"{}\" "
        "font-family=\"monospace\" font-size=\"12\">\n<rect width=\"100%\" height=\"100%\" "
        "fill=\"white\"/>\n",
        width, height);
    const auto y_of = [](std::size_t row) { return 20 + static_cast<int>(row) * row_height; };
    for (std::size_t r = 0; r < rows.size(); ++r)
        for (const std::size_t from : rows[r].from)
            out += fmt::format(
                "<path d=\"M {0} {1} C {2} {1}, {2} {3}, {0} {3}\" fill=\"none\" "
                "stroke=\"#9bb\"/>\n",
                left, y_of(from) - 4, left - reach(r - from), y_of(r) - 4);
    for (std::size_t r = 0; r < rows.size(); ++r)
        out += fmt::format(
            "<circle cx=\"{0}\" cy=\"{1}\" r=\"3\" fill=\"{2}\"/><text x=\"{3}\" y=\"{4}\" "
            "fill=\"{2}\">{5}  <tspan fill=\"#888888\">{6}</tspan></text>\n",
            left, y_of(r) - 4, rows[r].color, left + 10, y_of(r), escaped(rows[r].text, true),
            escaped(rows[r].type, true));
    return out + "</svg>\n";
}

}  // namespace hekla::tool
