// SPDX-License-Identifier: MIT
#pragma once

#include "graph/check.hpp"
#include "graph/item.hpp"
#include "ops/entry.hpp"
#include "weights/checkpoint.hpp"

#include <cstddef>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

/// The checker's inside, spread over several files by idea: static_check.cpp (what holds for any caller), params.cpp, scope.cpp
/// (names), evaluate.cpp (expressions), elaborate.cpp (blocks, repeats, pipelines), apply_op.cpp and shape_rules.cpp (ops),
/// weights_match.cpp, states.cpp, custom_ops.cpp, finish.cpp (what the outputs need, paths).
namespace hekla::graph {

class OpCall;
class RenameTable;

/// One call of a block on the way to where we are; innermost first.
struct Frame {
    const BlockDecl* block = nullptr;
    TrailStep step;
    const Frame* caller = nullptr;
    std::size_t depth = 0;
};

/// Names visible in a body. A name is worked out when it is first asked for.
struct Scope {
    struct Name {
        enum class State : std::uint8_t { ready, pending, active };
        State state = State::ready;
        Item item;
        const BodyItem* body = nullptr;    ///< pending: this
        const ParamDecl* param = nullptr;  ///< or this
        Place place;                       ///< of the definition
    };

    Scope* parent = nullptr;
    const Frame* frame = nullptr;
    std::string prefix;              ///< of the paths of values defined here, e.g. `h[3].`
    std::map<std::string, Name, std::less<>> names;
    const Item* previous = nullptr;  ///< `_`; its own scope
    const TrailStep* turn = nullptr; ///< the repeat whose step this is
    const Item* first = nullptr;     ///< `_` of the first turn, in a repeat's step
    Place step_place;
    bool words = false;              ///< a name that is not defined is a word (under `defaults:`, `choice:`)
};

/// How values get their paths: the definition being worked out, and its expression while the call at its root is not reached.
struct Naming {
    std::string path;
    const Expr* root = nullptr;
    std::map<std::string, int, std::less<>> blocks;  ///< calls of each block so far within the definition
};

/// What a call gives to an op or block.
struct Given {
    const Expr* expr = nullptr;  ///< null: from `defaults:` or an operator's number
    Item item;
    Place place;
    bool present = false;
};

class Checker {
public:
    Checker(const FileModel& file, const ops::Catalogue& catalogue, const CheckOptions& options, Diagnostics& out);
    ~Checker();
    std::optional<Graph> run();

private:
    friend class StaticCheck;

    // --- check.cpp
    bool expand();
    void collect_other_entries();

    friend class OpCall;

    // --- complaints (scope.cpp)
    Diagnostic& report(std::string_view code, std::string message, Place place, const Scope& scope, std::string label = {});
    Diagnostic& report(const Complaint& complaint, Place place, const Scope& scope);
    /// "it is here" labels for operands that are names.
    void show_operand(Diagnostic& diagnostic, const Expr* operand, Scope& scope, const Item& item);
    Place definition_of(const Expr* operand, Scope& scope, std::string& name);
    std::string text(const TensorType& type) const { return type_text(type, symbols_); }
    std::string text(const Dim& dim) const { return dim.text(symbols_.names); }
    /// "5632 (d_ff)": with the params that have this value.
    std::string explained(const Dim& dim);

    // --- params.cpp
    bool open_checkpoint();  ///< false: the file does not serve it
    void declare_params();
    void override_params();
    void check_choice(const ParamDecl& decl, const Item& item, Place place);
    Item param_value(const ParamDecl& decl);
    Item default_of(const ParamDecl& decl);
    Item fit_list(const ParamDecl& decl, Item item, Place place);
    Item config_item(const weights::ConfigValue& value) const;
    Item override_value(const ParamDecl& decl);
    void declare_dims();
    void check_expectations();

    // --- scope.cpp
    Scope::Name* find(Scope& scope, std::string_view name, Scope** owner = nullptr);
    Item lookup(const Expr& name, Scope& scope);
    Item force(Scope::Name& name, std::string_view spelling, Scope& owner, Place asked_at, const Scope& asker);

    // --- evaluate.cpp
    Item evaluate(const Expr& expr, Scope& scope);
    Item evaluate_call(const Expr& expr, Scope& scope);
    Item evaluate_member(const Expr& expr, Scope& scope);
    Item evaluate_index(const Expr& expr, Scope& scope);
    Item evaluate_binary(const Expr& expr, Scope& scope);
    Item evaluate_conditional(const Expr& expr, Scope& scope);
    Item weight_function(const Expr& expr, Scope& scope);
    Item checked_size(Item item, Place place, const Scope& scope);
    /// True, false, or nothing after a complaint.
    std::optional<bool> condition(const Expr& expr, Scope& scope);
    std::optional<Dim> size(const Expr& expr, Scope& scope);
    std::optional<std::int64_t> whole_number(const Expr& expr, Scope& scope, std::string_view what);
    std::optional<TensorType> tensor_type(const TypeExpr& type, Scope& scope);
    Item as_tensor(const Item& item);  ///< a slot becomes its old value
    const TensorType& type_of(const Item& item) const;

    // --- elaborate.cpp
    bool work(const Scope& scope, Place place);
    Item define(const BodyItem& body, Scope& scope);
    Item pipeline(const BodyItem& body, Scope& scope);
    Item repeat(const BodyItem& body, Scope& scope);
    Item call_block(const BlockDecl& block, const Expr& call, Scope& scope);
    bool bind_input(const BlockDecl& block, const Port& port, const Given& given, Scope& inner, Scope& caller, const Expr& call);
    bool bind_tensor(const BlockDecl& block, const Port& port, const Given& given, Scope& inner, Scope& caller);
    void expand_entry(const EntryDecl& entry);
    std::optional<double> fill_of(const Port& port, const TensorType& type);
    void declare_inputs(const EntryDecl& entry, Scope& scope);
    void collect_outputs(const EntryDecl& entry, Scope& scope);
    struct Cure {
        std::uint32_t symbol;
        int halvings;
        std::int64_t multiple;
    };
    std::optional<Cure> exact_multiple(const Dim& a, const Dim& b) const;

    // --- apply_op.cpp
    /// `known`: the arguments' values, if they have been worked out.
    Item call_op(const ops::Entry& entry, const Expr& call, Scope& scope, std::span<const Item> known = {});
    Item call_shared_name(const ops::Entry& entry, const Expr& call, Scope& scope, const std::vector<Item>& arguments);
    Item operate(std::string_view op, const Expr& expr, Item left, Item right, Scope& scope);
    bool set_number(OpCall& op, const Item& number, bool swap, Place place, Scope& scope);
    Item apply(const ops::Entry& entry, const Expr& call, std::vector<Given> slots, std::vector<Given> list, Given weights,
               std::vector<Given> attributes, Scope& scope);
    Given default_setting(std::string_view op, const ops::AttributeSpec& attribute, Scope& scope);
    const ops::Entry* find_op(std::string_view name) const;

    // --- states.cpp
    void declare_states(Scope& scope);
    Item make_state(const StateDecl& decl, const Port& slot, const std::string& path, Scope& scope);
    ValueId old_value(std::uint32_t slot);
    bool written(std::uint32_t slot, ValueId result, std::int64_t axis, const Expr& call, Scope& scope);

    // --- weights_match.cpp
    void read_renames();
    ValueId weight_value(const std::string& path, TensorType type, const ops::Entry* entry, const std::vector<Given>* attributes,
                         const Expr& call, Scope& scope);
    bool has_weights(std::string_view path) const;
    std::optional<std::uint32_t> find_tensor(std::string_view path) const;
    std::int64_t count_children(std::string_view path) const;
    void missing_tensor(const std::string& path, const std::vector<std::int64_t>& shape, const Expr& call, Scope& scope);
    void check_extra_tensors();

    // --- custom_ops.cpp
    void declare_custom_ops();
    void check_op_names(const Expr& expr, const std::set<std::string, std::less<>>& names);

    // --- finish.cpp
    Graph finish();
    void name_result(const std::string& path, const Item& item, bool weak);
    void choose_paths();
    void add_taps();

    ValueId add_value(Value value);
    NodeId add_node(Node node, std::vector<TensorType> outputs, std::string_view op);

    const FileModel& file_;
    const ops::Catalogue& catalogue_;
    const CheckOptions& options_;
    Diagnostics& diagnostics_;
    Diagnostic spare_;
    bool muted_ = false;  ///< other entries are expanded silently, for the weights they use
    std::set<std::string> reported_;
    std::unordered_set<const Expr*> broken_;       ///< calls and names that the static pass complained about
    std::unordered_set<const TypeExpr*> broken_types_;

    Symbols symbols_;
    Scope file_scope_;
    Scope root_scope_;  ///< params may also ask the weight file: `w`
    /// A param's value from `--set` or a variant; worked out when the param is asked for, as it may speak of others.
    struct Override {
        std::string text;            ///< as written: a word of the choice may be no expression
        const Expr* expr = nullptr;  ///< null: could not be read, which was told
        ExprPtr owned;               ///< of `--set`
        Place place;
        bool words = false;          ///< other words may stand too
    };
    std::map<std::string, Override, std::less<>> overrides_;
    std::string format_ = "safetensors";
    std::string architecture_;
    bool has_file_ = false;  ///< there are tensors to compare with
    std::unique_ptr<RenameTable> renames_;
    std::vector<std::string> unused_;

    std::unordered_map<std::string, const BlockDecl*> blocks_;
    bool refused_op_ = false;             ///< an op under `ops:` has a built-in name
    std::set<std::uint32_t> cured_;       ///< dims that should be declared a multiple: told once each
    std::map<std::string, std::shared_ptr<const CustomOp>, std::less<>> custom_ops_;
    std::map<std::string, const DefaultsDecl*, std::less<>> defaults_;
    std::map<const Setting*, Item> default_items_;

    Graph graph_;
    Naming* naming_ = nullptr;
    std::size_t work_ = 0;
    bool stopped_ = false;  ///< a limit was reached: unwind
    std::set<const BlockDecl*> recursive_;  ///< blocks that a complaint about a circle names
    struct Alias {
        ValueId value = no_id;
        bool weak = false;
    };
    std::map<std::string, Alias> aliases_;
    struct SlotWrite {
        Place place;
        bool written = false;
    };
    std::vector<SlotWrite> slot_writes_;
    std::unordered_map<std::string, std::uint32_t> weights_by_name_;
    std::set<std::uint32_t> used_tensors_;
    std::set<std::string> missing_prefixes_;
};

/// "a, b, c"
std::string listed(const std::vector<std::string>& words);
/// "`a`, `b` or `c`"
std::string listed_or(const std::vector<std::string>& words);

}  // namespace hekla::graph
