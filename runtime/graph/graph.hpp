// SPDX-License-Identifier: MIT
#pragma once

#include "base/dtype.hpp"
#include "graph/dim.hpp"
#include "graph/place.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace hekla::ops {
struct Entry;
}

/// The typed graph: what the checker makes of one entry of a graph file, and all that the planner reads.
/// Everything is flat and in vectors; ids are positions. No file, device or Vulkan type occurs here.
namespace hekla::graph {

struct Expr;

using ValueId = std::uint32_t;
using NodeId = std::uint32_t;
inline constexpr std::uint32_t no_id = 0xffffffffu;

/// dtype and shape; sizes are constants or expressions of the graph's symbols (dims).
struct TensorType {
    DType dtype = DType::floating;
    std::vector<Dim> shape;

    bool operator==(const TensorType&) const = default;
};

/// A dim of the file: a size that a run binds (B, T), or one that the runtime carries (P).
struct Symbol {
    std::string name;
    std::int64_t max = 0;       ///< largest value; 0: no limit given
    std::int64_t multiple = 1;  ///< values are multiples of this
    bool is_state = false;      ///< carried by the runtime: `start` at first, `next` after each run
    std::int64_t start = 0;
    Dim next;  ///< only of state symbols; an expression of the symbols
    Place place;
};

/// Where a value comes from.
enum class ValueKind : std::uint8_t {
    input,   ///< bound by the caller
    weight,  ///< a tensor of the weight files
    state,   ///< a state slot as it was before this run
    node,    ///< output number `output` of node `producer`
};

struct Value {
    std::string
        path;  ///< unique, as authors and `--tap` write it: `h[3].a`, `logits`, `h[0].attend.q`
    TensorType type;
    ValueKind kind = ValueKind::node;
    NodeId producer = no_id;   ///< kind node
    std::uint32_t output = 0;  ///< kind node: which output of the producer
    std::uint32_t source =
        no_id;  ///< kind input / weight / state: position in Graph::inputs / weights / states
    Place place;
};

/// An attribute's value. Integers may be expressions of symbols (`start=P`).
using Attribute = std::variant<std::monostate, Dim, double, bool, std::string, std::vector<Dim>>;

/// One call of an op. `inputs` follow the entry's slots: first `in`, then `weights`; a slot left out is `no_id`.
/// A slot that takes a list (concat) is the last of `in` and is followed by its further members; such ops have no weights.
struct Node {
    const ops::Entry* op = nullptr;  ///< owned by the catalogue, which outlives the graph
    std::string path;                ///< path of the first output, for traces and messages
    std::vector<ValueId> inputs;
    std::vector<Attribute>
        attributes;  ///< one per attribute of the entry, in its order, defaults filled in
    std::vector<ValueId> outputs;
    Place place;
};

/// A weight the graph reads. Several values may not name the same tensor twice: one Weight per tensor.
struct Weight {
    std::string path;  ///< as the graph file writes it
    std::string name;  ///< as the weight file names it (after renames); equals path without a file
    std::vector<std::int64_t> shape;
    ValueId value = no_id;
    std::uint32_t tensor =
        no_id;  ///< position in the checkpoint's tensor list; no_id without a file
};

struct Input {
    std::string name;
    ValueId value = no_id;
    Place place;
    std::optional<double> fill;  ///< stands everywhere if a run leaves the input out; nothing: it must be given
};

struct Output {
    std::string name;
    ValueId value = no_id;
    Place place;
};

/// A persistent slot. `type` holds the state symbol along `axis` only; a run's `append` extends it there.
struct State {
    std::string path;  ///< `kv[0].k`
    TensorType type;
    std::uint32_t axis = 0;
    std::uint32_t symbol = no_id;  ///< the state symbol
    ValueId old_value = no_id;     ///< the slot before the run, if read
    ValueId new_value = no_id;     ///< result of the append that writes it, if any
};

/// An op that the graph file brings along (section `ops:`).
struct CustomOp {
    std::shared_ptr<const ops::Entry> entry;  ///< name, inputs, attributes and results; no kernels
    std::string
        shader;  ///< path as the file writes it: beneath the graph file's folder, .comp or .spv
    std::vector<std::string>
        bindings;  ///< inputs' and results' names; the place in the list is the binding in set 0
    struct Number {
        std::string name;                   ///< push: the member's name; spec: empty
        std::uint32_t id = 0;               ///< spec: the constant's id
        std::shared_ptr<const Expr> value;  ///< of bound sizes and attributes
        bool is_float = false;
    };
    std::vector<Number> push;
    std::vector<Number> spec;
    std::vector<std::shared_ptr<const Expr>> groups;  ///< one to three: workgroups
    Place place;
};

/// Type a policy asks for. Only `compute: f32` widens nothing; see graph-format rule 10.
struct Precision {
    DType compute = DType::f32;
    DType accumulate = DType::f32;
    std::vector<std::pair<std::string, DType>> keep;  ///< op name -> type
};

/// Another name of a value. A value has one path of its own and any number of these.
struct Name {
    std::string path;
    ValueId value = no_id;
};

/// Paths. Names defined in the graph are as they stand: `y`. In a repeat `h`, `h[0]`, `h[1]` ... are the turns' results (`h` is the
/// last one's, or the list), `h.from` is what it starts with. Lines of a pipeline `mid` are `mid.0`, `mid.1` ... Members of lists are `qkv[0]`,
/// fields of records `d.skips[1]`. Inside a block: the path of the value that the call makes, then the name, `h[3].q`; a call deeper in an
/// expression adds the block's name, `h[3].h.attend.q` (`h` being the value of block `layer` in which `attend` is called), and a second call
/// of it in the same value `~2`. A value without a name is called after the value it is part of and its op, `h[3].qkv.linear`, again with `~2` ...
/// Inputs have their names, weights `w.` and their path in the graph file, states theirs: `kv[0].k`.
struct Graph {
    std::string name;
    std::string entry;  ///< empty for a single-entry file
    std::vector<Symbol> symbols;
    std::vector<Value> values;
    std::vector<Node>
        nodes;  ///< in an order in which every node follows its inputs; only nodes that outputs or states need
    std::vector<Input> inputs;
    std::vector<Output> outputs;
    std::vector<State> states;
    std::vector<Weight> weights;
    Precision precision;
    std::vector<Name> names;  ///< all names of values computed by the graph, sorted by path
    std::vector<std::shared_ptr<const CustomOp>>
        custom_ops;  ///< ops the file brings along; nodes point to their entries

    /// The value that `path` means (a value's own path, or another name of it), or no_id.
    ValueId find_value(std::string_view path) const;
};

}  // namespace hekla::graph
