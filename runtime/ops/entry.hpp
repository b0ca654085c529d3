// SPDX-License-Identifier: MIT
#pragma once

#include "base/dtype.hpp"
#include "graph/expr.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// The op catalogue. One entry file stands beside each shader and is the only description of its op: checker, planner, schema and
/// tests read it. The format of entry files is described in shaders/README.md.
namespace hekla::ops {

/// A tensor input, or a weight. Weights are inputs whose tensor is found by the `w` argument's path plus `.name`.
struct Slot {
    std::string name;
    graph::TypeExpr type;   ///< `any[...]`: every element type
    bool optional = false;  ///< `name?:` in the file
    bool list = false;      ///< takes a list of tensors (concat)
    bool is_weight = false;
    graph::ExprPtr when;  ///< weights: demanded only if true (`bias`)
    std::vector<DType>
        stored;  ///< weights: element types kernels read as they lie in the file; others are widened to f32 on upload
    graph::ExprPtr packed;  ///< weights: kernels read it packed too; which axis, 0 or 1, is the rows
    std::uint32_t strided =
        0;  ///< kernels take this many strides (`strided: n`); 0: the tensor is contiguous
    std::vector<graph::ExprPtr>
        broadcast;  ///< sizes the tensor is broadcast to (`broadcast: [B, n, T, S]`); empty: as it is
};

enum class AttributeKind : std::uint8_t { integer, number, boolean, word, integers, dtype };

struct AttributeSpec {
    std::string name;
    AttributeKind kind = AttributeKind::integer;
    std::vector<std::string> choices;  ///< kind word
    std::uint32_t length = 0;  ///< kind integers: so many, and one number stands for all; 0: any
    graph::ExprPtr default_value;      ///< null: must be given
};

struct Requirement {
    graph::ExprPtr condition;
    std::string message;  ///< `{expr}` parts are replaced by their values
};

struct OutputSpec {
    std::string name;
    graph::TypeExpr type;       ///< `x` as the type name means: the element type of input x
    std::uint32_t strided = 0;  ///< kernels can write this many strides; 0: contiguous
};

/// One word of the parameter block that every kernel of the op reads at binding 0.
struct ParamSpec {
    std::string name;
    bool is_float = false;
    graph::ExprPtr value;
};

/// One step of a view op: the result shares its input's memory.
struct ViewStep {
    enum class Kind : std::uint8_t { reshape, permute, slice, expand } kind;
    std::vector<graph::ExprPtr>
        arguments;  ///< reshape, expand: sizes; permute: axes; slice: axis, start, count
};

struct KernelSpec {
    std::string name;                ///< of the shader file, without `.comp`
    std::vector<std::string> needs;  ///< capabilities, see plan/device_traits.hpp
    graph::ExprPtr when;             ///< null: always
    /// How its first input lies: `tiles` as op `tile_rows` lays it out, `planes` as op `pad_planes`, `places` as `tile_places`,
    /// `winograd` as `winograd_products`; `matrices`: the first as `tile_rows` does, the second as `pack_columns`.
    enum class Takes : std::uint8_t {
        as_is,
        tiles,
        planes,
        places,
        winograd,
        matrices
    } takes = Takes::as_is;
    /// Among how many workgroups each sum is shared out; the kernel's other expressions see it as `shares`. It writes so many matrices of
    /// parts, which op `add_shares` adds and finishes. Null: it writes the result.
    graph::ExprPtr shares;
    bool gives_tiles = false;        ///< its result lies as kernels with Takes::tiles want it; chosen for these alone
    std::string norms;               ///< an op: where it makes the first input, and nothing else reads that, the kernel takes its place
    std::vector<graph::ExprPtr>
        spec;  ///< specialisation constants 3, 4, ... (0 to 2 are the local size)
    static constexpr std::uint32_t subgroup = 0, lanes = ~0u;
    /// `subgroup` and `lanes` in the file: the device's subgroup size; the same, but at least 8.
    std::uint32_t local[3] = {64, 1, 1};
    bool threads = true;               ///< `grid` counts invocations (else workgroups)
    std::vector<graph::ExprPtr> grid;  ///< one to three numbers
    graph::ExprPtr cost;               ///< relative; the cheapest kernel that applies is taken
};

/// One way to cut a launch whose tensors are larger than a device binds at once: into launches on stretches of one size.
struct SplitSpec {
    std::string over;         ///< what is cut: a bound size, an integer attribute, or a `*N`
    graph::ExprPtr every;     ///< stretches are multiples of this; null: 1
    std::vector<std::pair<std::string, std::uint32_t>>
        of;  ///< tensors that are cut and along which axis; empty: all whose type has an axis called `over`
    std::vector<std::pair<std::string, graph::ExprPtr>>
        set;  ///< names with a value of their own in each stretch; the expressions see `first` and `count`
    std::string sum;  ///< an input that the op adds to its result: stretches are terms, each adds what those before it gave; empty: they are parts
};

struct Entry {
    std::string name;
    std::string summary;    ///< one line, for `hekla schema` and editors
    bool internal = false;  ///< made by the planner only; graph files cannot call it
    std::vector<std::string>
        call;                 ///< names of positional arguments, in order: slots, `w`, attributes
    std::vector<Slot> slots;  ///< `in`, then `weights`
    std::size_t input_count = 0;  ///< how many of `slots` are `in`
    bool has_weights = false;
    bool weights_optional = false;  ///< `w?` in `call`
    std::vector<AttributeSpec> attributes;
    std::vector<Requirement> require;
    std::vector<OutputSpec> outputs;
    std::string rule;  ///< C++ shape rule, for what an entry cannot say; empty: none
    enum class Iterate : std::uint8_t {
        none,
        all,
        rows,
        reduce
    } iterate = Iterate::none;   ///< how axes are merged, see shaders/README.md
    std::vector<ViewStep> view;  ///< not empty: a view op, no kernel
    std::vector<SplitSpec> split;  ///< in order of preference; empty: iterating ops are cut along d0 to d3, others not at all
    std::vector<ParamSpec> params;
    graph::ExprPtr element;  ///< its number in shaders/include/elements.glsl; null: it is no step of a chain
    graph::ExprPtr flops;  ///< floating-point operations of a run, for measurements; null: one an element of the first output
    std::vector<KernelSpec> kernels;
    std::string text;  ///< the entry file as it stands

    /// Position of the attribute called `name`, or nothing.
    std::optional<std::size_t> find_attribute(std::string_view name) const;
    std::optional<std::size_t> find_slot(std::string_view name) const;
};

/// All entries; made once, then read by any number of threads.
class Catalogue {
  public:
    Catalogue();
    ~Catalogue();
    Catalogue(Catalogue&&) noexcept;
    Catalogue& operator=(Catalogue&&) noexcept;

    /// The entries built into the library (all of shaders/*.yaml).
    static Catalogue built_in();

    /// Adds one entry file. Throws hekla::Error with the place of what is wrong.
    void add(std::string_view name, std::string_view yaml);

    const Entry* find(std::string_view name) const;
    std::span<const std::unique_ptr<Entry>> entries() const;

  private:
    std::vector<std::unique_ptr<Entry>> entries_;  // sorted by name
};

}  // namespace hekla::ops
