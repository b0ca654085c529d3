// SPDX-License-Identifier: MIT
#include "tool/tool.hpp"

#include "base/file.hpp"
#include "graph/parse.hpp"
#include "graph/schema.hpp"
#include "ops/entry.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>

namespace hekla::tool {
namespace {

graph::SchemaOp describe(const ops::Entry& entry) {
    graph::SchemaOp out{entry.name, entry.summary, {}, {}};
    std::string arguments;
    const auto add = [&](const std::string& text) {
        arguments += (arguments.empty() ? "" : ", ") + text;
    };
    for (const std::string& name : entry.call) add(name);
    for (const ops::AttributeSpec& attribute : entry.attributes) {
        graph::SchemaOp::Setting setting{attribute.name, attribute.choices, {}};
        if (attribute.default_value)
            setting.default_text = graph::to_text(*attribute.default_value);
        else if (!attribute.choices.empty())
            setting.default_text = attribute.choices.front();
        if (std::find(entry.call.begin(), entry.call.end(), attribute.name) == entry.call.end())
            add(attribute.name + "=" + setting.default_text);
        out.settings.push_back(std::move(setting));
    }
    out.usage = entry.name + "(" + arguments + ")";
    return out;
}

}  // namespace

void add_schema(CLI::App& app, Action& action) {
    auto ops_only = std::make_shared<std::string>();
    CLI::App* command = app.add_subcommand(
        "schema", "Print the JSON Schema of graph files, for editors; or describe one op");
    command->add_option("op", *ops_only, "Print this op's entry instead");
    command->footer(
        "In an editor with a YAML language server: hekla schema > hekla-graph-1.schema.json, and "
        "begin files with\n# yaml-language-server: $schema=hekla-graph-1.schema.json");
    command->callback([&action, ops_only] {
        action = [ops_only] {
            const ops::Catalogue catalogue = ops::Catalogue::built_in();
            if (!ops_only->empty()) {
                const ops::Entry* entry = catalogue.find(*ops_only);
                if (!entry) throw Error(ErrorCode::not_found, "there is no op `" + *ops_only + "`");
                fmt::print("{}", entry->text);
                return exit_ok;
            }
            std::vector<graph::SchemaOp> list;
            for (const auto& entry : catalogue.entries()) {
                if (entry->internal) continue;
                list.push_back(describe(*entry));
            }
            fmt::print("{}\n", graph::graph_schema_json(list));
            return exit_ok;
        };
    });
}

}  // namespace hekla::tool
