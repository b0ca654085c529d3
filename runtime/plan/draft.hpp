// SPDX-License-Identifier: MIT
#pragma once

#include "base/error.hpp"
#include "plan/plan.hpp"
#include "plan/scope.hpp"

#include <memory>
#include <string>
#include <vector>

/// The planner's working copy of a graph: sizes of the run filled in, free to be rewritten.
namespace hekla::plan {

using graph::no_id;
using graph::ValueId;

struct DraftValue {
    std::string path;
    DType dtype = DType::f32;  ///< f32, i32, u32 or boolean (an i32 on the device)
    Dims sizes;                ///< constants or expressions of carried dims
    graph::ValueKind kind = graph::ValueKind::node;
    std::uint32_t source = no_id;
    bool wanted = false;  ///< an output of the run
};

struct DraftNode {
    const ops::Entry* op = nullptr;
    std::string path;
    std::vector<ValueId> inputs;
    std::vector<graph::Attribute> attributes;
    std::vector<ValueId> outputs;
    std::shared_ptr<const DraftNode> norm = {};  ///< what its first input still has to become: done by its kernel, or ahead of it
};

struct Draft {
    const graph::Graph& graph;
    const ops::Catalogue& catalogue;
    const DeviceTraits& device;
    const PlanOptions& options;

    std::vector<DraftValue> values;
    std::vector<DraftNode> nodes;
    std::vector<std::pair<std::string, ValueId>> outputs;  ///< name, value

    std::vector<std::int64_t>
        largest;  ///< symbols at their largest: carried dims such that `next` is the capacity

    /// For every value, the nodes that read it (a node that reads it twice stands twice).
    std::vector<std::vector<std::uint32_t>> consumers() const;
    /// A node's attribute; throws (internal) if the op has none of that name.
    const graph::Attribute& attribute(const DraftNode& node, std::string_view name) const;
    /// The input in the slot called `name`, or no_id.
    ValueId input(const DraftNode& node, std::string_view name) const;
    /// How a value lies on the device: a weight's form; else f32 or i32, in rows.
    WeightForm form(ValueId value) const;
};

/// Fills in the run's sizes and keeps what its outputs and the state need. Throws hekla::Error for sizes the graph does not allow.
Draft make_draft(const graph::Graph& graph, const ops::Catalogue& catalogue,
                 const DeviceTraits& device, const PlanOptions& options);

/// The names that the entry's expressions see for an op's attributes alone, and for a node.
void set_attributes(Scope& scope, const ops::Entry& op,
                    const std::vector<graph::Attribute>& attributes);
Scope make_scope(const Draft& draft, const DraftNode& node);

/// Ops that have no kernels of their own become those that do them: see lower.cpp.
void lower(Draft& draft);

/// Named rewrites that make fewer dispatches of the same arithmetic; see rewrites.cpp for the list.
void rewrite(Draft& draft);

/// An error about a node, naming its path and op.
[[noreturn]] void fail(ErrorCode code, const DraftNode& node, const std::string& what);

}  // namespace hekla::plan
