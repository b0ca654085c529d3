// SPDX-License-Identifier: MIT
#pragma once

#include "graph/expression_parser.hpp"
#include "graph/syntax.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace hekla::graph {

/// Makes the file model of a document. Each read_ method takes one section's value and reports what is wrong with it; reading goes on,
/// so that an author sees all mistakes at once.
class ModelReader {
  public:
    ModelReader(const Document& document, Diagnostics& out, const Limits& limits)
        : document_(document), state_{document.source, out, limits} {
        model_.source = document.source;
    }

    /// The model; only whole if no error was reported.
    FileModel read();

  private:
    /// Where names are declared: what a message calls them, and which further words are taken there.
    struct NameRules {
        std::string_view what;    ///< "param", "dim", "value" ...
        bool file_scope = false;  ///< beside `w`, `arch` and `format`
    };

    // model_reader.cpp: what all sections use
    Diagnostic& error(std::string_view code, std::string message, Place place,
                      std::string label = {});
    Place place_of(const DocNode& node) const;  ///< one column for what is empty
    bool is_map(const DocNode& node, std::string_view what);
    bool is_list(const DocNode& node, std::string_view what);
    bool check_name(const DocNode& key, NameRules rules);
    void unknown_key(const DocNode& key, std::span<const std::string_view> known);
    std::optional<Word> read_word(const DocNode& node, std::string_view what);
    std::optional<Word> read_path(const DocNode& node, std::string_view what,
                                  std::string_view help);
    std::vector<Word> read_words(const DocNode& node, std::string_view what);
    std::vector<Setting> read_settings(const DocNode& node, std::string_view what);
    ExprPtr read_literal(const DocNode& node);
    ExprPtr read(const DocNode& node) { return read_expression(state_, node); }
    std::vector<Port> read_ports(const DocNode& node, std::string_view what, TypeRules rules,
                                 NameRules names);
    std::vector<Port> read_ordered_ports(const DocNode& node, TypeRules rules, NameRules names);
    void missing(const DocNode& key, std::string message, std::string help = {});

    // model_reader.cpp: the file
    bool report_cut_calls(const DocNode& node);
    bool read_version();
    void read_section(const DocNode::Member& section);
    void read_needs(const DocNode& node);
    void check_entries();

    // model_params.cpp
    void read_params(const DocNode& node);
    ParamDecl read_param(const DocNode::Member& member);
    ExprPtr read_choice_value(const DocNode& node, const std::vector<Word>& choice);
    void read_expects(const DocNode& node);
    void read_dims(const DocNode& node);
    void read_precision(const DocNode& node);
    std::optional<PrecisionDecl::Type> read_precision_type(const DocNode& node);
    void read_defaults(const DocNode& node);
    void read_weights(const DocNode& node);
    std::vector<RenameDecl> read_renames(const DocNode& node);
    void read_variants(const DocNode& node);

    // model_blocks.cpp
    void read_state(const DocNode& node);
    void read_blocks(const DocNode& node);
    void read_block(const DocNode::Member& member);
    void read_out(const DocNode::Member& member, BlockDecl& block);
    std::vector<BodyItem> read_body(const DocNode& node, std::string_view what, NameRules names);
    BodyItem read_body_item(const DocNode::Member& member);
    std::unique_ptr<RepeatDecl> read_repeat(const DocNode::Member& member);
    void read_entries(const DocNode& node);
    void read_entry_part(const DocNode::Member& part, EntryDecl& entry);
    void check_twice(const std::vector<Port>& inputs, const std::vector<BodyItem>& body);

    // model_ops.cpp
    void read_ops(const DocNode& node);
    void read_op(const DocNode::Member& member);
    void read_op_attributes(const DocNode& node, CustomOpDecl& op);
    void read_op_spec(const DocNode& node, CustomOpDecl& op);
    void check_bindings(const CustomOpDecl& op, const DocNode& key);

    const Document& document_;
    ParseState state_;
    FileModel model_;
    EntryDecl single_;  // the sections inputs, graph, outputs
    const DocNode* single_key_ = nullptr;
    const DocNode* entries_key_ = nullptr;
};

}  // namespace hekla::graph
