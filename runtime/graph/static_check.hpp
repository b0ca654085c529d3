// SPDX-License-Identifier: MIT
#pragma once

#include "graph/checker.hpp"

namespace hekla::graph {

/// What holds for any caller: names, ops, settings, how many inputs. Looked at once for the whole file, also in blocks that nobody
/// calls; complaints have no trail, and what they are about is poisoned so that expanding stays silent there.
class StaticCheck {
public:
    explicit StaticCheck(Checker& checker) : checker_(checker) {}

    void run();

    /// After expanding: what it complains about with a trail where it gets there (circles, shadowed dims, wrong words), for the
    /// blocks and entries it did not get to.
    void run_late();

private:
    using Names = std::set<std::string, std::less<>>;
    struct Place_ {
        const Names* names = nullptr;
        const Names* outside = nullptr;           ///< names of the graph, which a block cannot see
        const std::vector<std::string>* words = nullptr;  ///< a word of these may stand too
        bool previous = false;                    ///< `_` means something
    };

    Diagnostic& report(std::string_view code, std::string message, Place place);
    void walk(const Expr& expr, const Place_& where);
    void walk(const ExprPtr& expr, const Place_& where) {
        if (expr) walk(*expr, where);
    }
    void check_name(const Expr& expr, const Place_& where);
    void check_call(const Expr& call);
    void check_op(const ops::Entry& entry, const Expr& call);
    void check_block(const BlockDecl& block, const Expr& call);
    void check_function(const Expr& call, std::size_t least, std::size_t most);
    void check_type(const TypeExpr& type, const Place_& where, Names* binds);
    void check_body(const std::vector<BodyItem>& body, const Names& names, const Names* outside);
    void check_defaults();
    void check_blocks();
    void check_entries();
    bool has_default(const ops::Entry& entry, const ops::AttributeSpec& attribute) const;
    std::string usage(const ops::Entry& entry) const;
    std::vector<std::string> callables() const;

    void find_circles(const std::vector<BodyItem>& body, const std::vector<const Expr*>& roots);
    void find_recursion(const BlockDecl& block, std::vector<const BlockDecl*>& path);
    void find_shadows();
    void find_wrong_words(const Expr& expr);

    Checker& checker_;
    Names file_names_;     ///< params, dims, arch, format
    Names undefined_;      ///< told already
    Names unknown_;        ///< calls, likewise
    std::set<const BlockDecl*> visited_;
};

}  // namespace hekla::graph
