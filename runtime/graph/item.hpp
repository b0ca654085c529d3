// SPDX-License-Identifier: MIT
#pragma once

#include "graph/expr.hpp"
#include "graph/graph.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hekla::graph {

/// What an expression of a graph file is worth while the file is checked: a value known at load, or a tensor of the graph.
/// Lists and records are immutable and shared, so copies are cheap.
struct Item {
    enum class Kind : std::uint8_t {
        poison,   ///< a complaint was made already; what depends on it keeps silent
        absent,   ///< a conditional value whose condition is false; `text` says which
        integer,  ///< `dim`, perhaps with symbols
        real,
        boolean,
        string,   ///< `text`
        list,
        record,
        weights,  ///< a path in the checkpoint: `text`
        tensor,   ///< value `id`
        slot,     ///< state slot `id`
    };
    using Field = std::pair<std::string, Item>;

    Kind kind = Kind::poison;
    bool boolean = false;
    std::uint32_t id = no_id;
    double real = 0;
    Dim dim;
    std::string text;
    std::shared_ptr<const std::vector<Item>> members;  ///< list
    std::shared_ptr<const std::vector<Field>> fields;  ///< record
    std::size_t size = 1;                              ///< leaves below, to bound hostile lists

    static Item of(Dim dim);
    static Item of_real(double value);
    static Item of_bool(bool value);
    static Item of_string(std::string text);
    static Item of_list(std::vector<Item> members);
    static Item of_record(std::vector<Field> fields);
    static Item of_weights(std::string path);
    static Item of_tensor(ValueId id);
    static Item of_slot(std::uint32_t id);
    static Item absent(std::string condition);

    bool is(Kind which) const { return kind == which; }
    bool is_constant() const { return kind == Kind::integer && dim.is_constant(); }
    bool is_number() const { return kind == Kind::integer || kind == Kind::real; }
    bool is_tensor() const { return kind == Kind::tensor || kind == Kind::slot; }
    /// The field of a record, or null.
    const Item* find(std::string_view name) const;
};

/// A complaint that does not know its place yet; thrown by what computes and caught where an expression is at hand.
struct Complaint {
    std::string code;
    std::string message;
    std::string help;
};

/// What sizes are made of: names for messages and known multiples, one per symbol.
struct Symbols {
    std::vector<std::string> names;
    std::vector<std::int64_t> multiples;
};

/// "a tensor", "a record of y, skips", "3", "a list of 4": for "..., got X".
std::string describe(const Item& item, const Symbols& symbols);
/// A number, word or list as the language writes it.
std::string value_text(const Item& item, const Symbols& symbols);
std::string real_text(double value);
/// `float[B, 4, P+T, 64]`
std::string type_text(const TensorType& type, const Symbols& symbols);
/// `[B, 4]`
std::string shape_text(const std::vector<Dim>& shape, const Symbols& symbols);
std::string shape_text(const std::vector<std::int64_t>& shape);

/// Operators on values known at load; `op` as Expr writes it, without `and` and `or`. Throws Complaint.
Item apply_unary(std::string_view op, const Item& a, const Symbols& symbols);
Item apply_binary(std::string_view op, const Item& a, const Item& b, const Symbols& symbols);
/// len min max sqrt ceil_div reverse nth. Throws Complaint. `name` must be one of them.
bool is_plain_function(std::string_view name);
/// Does it look like a call of one? Some ops share their names; with settings it is the op.
bool may_be_function(const Expr& call);
Item apply_function(std::string_view name, const std::vector<Item>& arguments, const Symbols& symbols);
/// True and false as `if` takes them. Throws Complaint.
bool truth(const Item& item, const Symbols& symbols);

}  // namespace hekla::graph
