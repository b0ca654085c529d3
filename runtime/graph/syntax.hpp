// SPDX-License-Identifier: MIT
#pragma once

#include "base/dtype.hpp"
#include "base/source.hpp"
#include "graph/document.hpp"
#include "graph/expr.hpp"
#include "graph/place.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

/// The file model: all that a graph file says, with places, before anything is looked up. Lists keep the file's order, although
/// the order of maps means nothing (only `in:` lists and pipelines are ordered).
namespace hekla::graph {

/// A word of the file that is not an expression.
struct Word {
    std::string text;
    Place place;
};

/// `name: value` where the value is an expression.
struct Setting {
    std::string name;
    Place name_place;
    ExprPtr value;
    Word text;  ///< the value as written, if it is a scalar: a word of a `choice` may be no expression (`gated-gelu`)
};

/// `name: float[B, T] or none if cond`: an input or output of a graph, block or op, or a state slot.
struct Port {
    std::string name;
    Place name_place;
    TypeExpr type;
};

struct ParamDecl {
    std::string name;
    Place name_place;
    Place place;               ///< the whole value
    ExprPtr value;             ///< a bare expression: computed. Null for the `{from, list, choice, default}` form
    std::vector<Word> from;    ///< checkpoint keys, the first that exists counts
    ExprPtr list;              ///< the wanted length; null: not a list
    std::vector<Word> choice;  ///< the words allowed; empty: no choice
    /// `default:`. Where there is a choice, a value (or list member) that is one of the words as written is a string;
    /// a bare word that is none of them stays a name.
    ExprPtr default_value;
};

/// `key: value` under `expects:`. The value is a literal (string, integer, real, boolean, none) or a list of them;
/// unquoted words are strings.
struct ExpectDecl {
    Word key;
    ExprPtr value;
};

struct DimDecl {
    std::string name;
    Place name_place;
    ExprPtr max;       ///< null: not given; likewise below
    ExprPtr multiple;
    ExprPtr state;     ///< its start; a dim that the runtime carries
    ExprPtr next;
};

struct PrecisionDecl {
    struct Type {
        DType type = DType::f32;
        Place place;
    };
    struct Keep {
        Word op;
        Type type;
    };
    std::optional<Type> compute;
    std::optional<Type> accumulate;
    std::vector<Keep> keep;
};

/// The settings of one op under `defaults:`. A bare word is a name here; it stands for the word where the setting takes words.
struct DefaultsDecl {
    std::string op;
    Place op_place;
    std::vector<Setting> settings;
};

struct RenameDecl {
    Word pattern;
    Word other;
};

struct VariantDecl {
    std::string name;
    Place name_place;
    std::optional<Word> file;
    std::vector<Setting> set;  ///< params
    std::vector<RenameDecl> rename;
};

struct WeightsDecl {
    std::optional<Word> file;  ///< relative, does not leave the graph file's folder (checked here, symbolic links are not)
    std::vector<Word> unused;
    std::vector<RenameDecl> rename;
    std::vector<VariantDecl> variants;
};

struct StateDecl {
    std::string name;
    Place name_place;
    ExprPtr repeat;           ///< null: not a list
    std::vector<Port> slots;  ///< `is_single`: one slot without a name
    bool is_single = false;   ///< `cache: float[B, P, d]`
};

struct RepeatDecl {
    Place place;
    ExprPtr count;
    std::optional<Word> index;
    ExprPtr from;
    ExprPtr step;
    bool collect = false;
    std::optional<Word> carry;
};

/// One value of a body or graph.
struct BodyItem {
    enum class Kind : std::uint8_t { expression, pipeline, repeat };

    std::string name;
    Place name_place;
    Kind kind = Kind::expression;
    Place place;                         ///< the value
    ExprPtr expression;
    std::vector<ExprPtr> lines;          ///< pipeline; not empty
    std::unique_ptr<RepeatDecl> repeat;
};

struct BlockDecl {
    struct Field {
        std::string name;  ///< empty for a block with one result
        Place name_place;
        ExprPtr value;
    };

    std::string name;
    Place name_place;
    std::vector<Port> inputs;
    std::vector<BodyItem> body;
    std::vector<Field> out;
    bool out_is_record = false;
    Place out_place;  ///< of the `out` key
};

struct EntryDecl {
    std::string name;  ///< empty in a single-entry file
    Place name_place;
    std::vector<Port> inputs;
    std::vector<BodyItem> graph;
    std::vector<Port> outputs;
    Place graph_place;    ///< of the `graph` key
    Place outputs_place;  ///< of the `outputs` key
};

/// An op that the file brings along. It sees no file-level names.
struct CustomOpDecl {
    struct Attribute {
        std::string name;
        Place name_place;
        Word type;             ///< a dtype, or int, num, bool
        ExprPtr default_value; ///< null: must be given
    };
    struct Spec {
        std::uint32_t id = 0;
        Place id_place;
        ExprPtr value;
    };

    std::string name;
    Place name_place;
    Word shader;  ///< path of a .comp or .spv; relative, does not leave the graph file's folder
    std::vector<Port> inputs;
    std::vector<Attribute> attributes;
    std::vector<Port> outputs;
    std::vector<Word> bindings;  ///< set 0; each an input or output
    std::vector<Setting> push;
    std::vector<Spec> spec;
    std::vector<ExprPtr> groups;  ///< one to three
};

struct FileModel {
    SourcePtr source;
    std::int64_t version = 1;
    Word name;
    std::vector<Word> serves;
    std::vector<Word> needs;  ///< all known to this reader
    std::vector<ParamDecl> params;
    std::vector<ExpectDecl> expects;
    std::vector<DimDecl> dims;
    PrecisionDecl precision;
    std::vector<DefaultsDecl> defaults;
    WeightsDecl weights;
    std::vector<StateDecl> state;
    std::vector<BlockDecl> blocks;
    std::vector<CustomOpDecl> ops;
    std::vector<EntryDecl> entries;  ///< at least one; the single-entry form is one without a name
    bool has_named_entries = false;
    DocNode extensions;  ///< may be ignored
    DocNode extras;      ///< not interpreted
};

}  // namespace hekla::graph
