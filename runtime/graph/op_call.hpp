// SPDX-License-Identifier: MIT
#pragma once

#include "graph/checker.hpp"

namespace hekla::graph {

/// One call of an op while it is matched against the op's entry. Works outwards from what is given: explicit attributes, then the
/// tensors' sizes, then defaults (which may speak of sizes), requirements, weights, the shape rule, the results.
class OpCall {
public:
    OpCall(Checker& checker, const ops::Entry& entry, const Expr& call, Scope& scope);

    std::vector<Given> slots;       ///< one per `in` slot; tensors
    std::vector<Given> list;        ///< members of the list slot
    Given weights;                  ///< `w`
    std::vector<Given> attributes;  ///< one per attribute, as given
    std::uint32_t state = no_id;    ///< the state slot that the call writes

    /// The op's results; poison after a complaint.
    Item run();

    // --- for shape rules
    Checker& checker() { return checker_; }
    const ops::Entry& entry() const { return entry_; }
    const Expr& call() const { return call_; }
    Scope& scope() { return scope_; }
    const Symbols& symbols() const;
    const TensorType& slot_type(std::size_t slot) const;
    bool has_slot(std::size_t slot) const;
    /// The attribute's value in the node; to be read and, e.g. for negative axes, replaced by a rule.
    Attribute& attribute(std::string_view name);
    const std::vector<Dim>& integers(std::string_view name);
    /// An integer attribute known at load.
    std::int64_t integer(std::string_view name);
    /// `axis` counted from the front, within `rank`; complains and throws Failed otherwise. The attribute is replaced.
    std::size_t axis(std::string_view name, std::size_t rank);
    /// Binds the sizes that `*name` of an output type stands for.
    void bind_rest(const std::string& name, std::vector<Dim> sizes);
    void bind_size(const std::string& name, Dim size);
    /// How many results the last output stands for (split); 1 unless a rule says otherwise.
    std::size_t result_count = 1;
    bool result_is_list = false;
    /// Makes the complaint and gives up the call.
    [[noreturn]] void fail(std::string_view code, std::string message, std::string help = {}, std::string label = {});
    std::string type_of_slot_text(std::size_t slot) const;
    const TensorType& type_of(const Given& given) const { return checker_.type_of(given.item); }
    std::string explained(const Dim& dim) { return checker_.explained(dim); }
    const std::string& state_path() const { return checker_.graph_.states[state].path; }
    std::int64_t largest_list() const { return checker_.options_.limits.max_repeat; }
    struct Failed {};

private:
    void convert_attributes();
    Attribute convert(const ops::AttributeSpec& spec, const Given& given);
    void match_slots();
    void match_tensor(const ops::Slot& slot, const Given& given, bool check_type);
    void match_sizes(const ops::Slot& slot, const Given& given, const std::vector<Dim>& shape);
    void match_broadcasts();
    void fill_defaults();
    const Item& attribute_item(std::size_t index);
    void check_requirements();
    void find_weights();
    const std::vector<Given>& attributes_for_advice();
    std::vector<TensorType> results();
    DType result_dtype(const TypeExpr& type);

    Item value(const Expr& expr);  ///< of an expression of the entry
    Item call_value(const Expr& expr);
    Item name_value(const Expr& expr);
    Dim size(const Expr& expr);
    std::string fill_message(const std::string& message);
    std::vector<Dim> sizes_of(const TypeExpr& type);
    bool slot_binds(const ops::Slot& slot, const Expr& condition) const;

    Checker& checker_;
    const ops::Entry& entry_;
    const Expr& call_;
    Scope& scope_;
    std::map<std::string, Dim, std::less<>> sizes_;
    std::map<std::string, std::vector<Dim>, std::less<>> rests_;
    std::vector<Attribute> values_;
    std::vector<Item> items_;
    enum class State : std::uint8_t { unknown, active, ready };
    std::vector<State> states_;
    std::vector<ValueId> weight_values_;
    DType common_ = DType::floating;  ///< the type shared by the slots written `float`
    const Given* first_float_ = nullptr;
};

/// Runs the C++ rule named by the entry; false if there is none of that name.
bool run_shape_rule(std::string_view name, OpCall& call);

}  // namespace hekla::graph
