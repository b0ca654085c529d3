// SPDX-License-Identifier: MIT
#pragma once

#include "plan/draft.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

/// What the rewrites share, and their families: one file each.
namespace hekla::plan {

/// Who makes a value, who reads it; indices into draft.nodes, true until the next erase().
class Links {
  public:
    explicit Links(const Draft& draft);
    std::uint32_t producer(ValueId v) const { return v == no_id ? no_id : producer_[v]; }
    const std::vector<std::uint32_t>& readers(ValueId v) const { return readers_[v]; }
    /// Read once, and by nobody outside.
    bool private_to_one(ValueId v) const {
        return readers_[v].size() == 1 && !draft_.values[v].wanted;
    }

  private:
    const Draft& draft_;
    std::vector<std::uint32_t> producer_;
    std::vector<std::vector<std::uint32_t>> readers_;
};

/// The name that fused ops know an activation node by, or nothing.
std::optional<std::string> activation_word(const Draft& draft, const DraftNode& node);

/// The op's entry, if the device has kernels for it: the rewrite asks before it fuses.
const ops::Entry* available(const Draft& draft, const char* op);

/// A node of `op` with every attribute at `values`' word for it; attributes not named take the first choice, false, 0.
DraftNode make_node(const ops::Entry& op, const DraftNode& at,
                    const std::map<std::string, graph::Attribute>& values);

/// A value of f32 that `at`, or what takes its place, makes on its way.
ValueId add_value(Draft& draft, const DraftNode& at, Dims sizes);

void set_input(DraftNode& node, const char* slot, ValueId value);

using Removed = std::vector<bool>;
void erase(Draft& draft, const Removed& removed);
/// Nodes follow what they read, and stay as they were otherwise.
void put_in_order(Draft& draft);

/// The node `maker` takes the place of the one that reads its result.
void absorb(Draft& draft, std::uint32_t maker, DraftNode& reader, Removed& removed);

/// act(op(x)) becomes op with `act` and `slope`, for every op whose entry has these two settings, where it has neither act nor residual yet.
void fuse_activations(Draft& draft);

void rewrite_attention(Draft& draft);
void rewrite_chains(Draft& draft);
void rewrite_linear(Draft& draft);
void rewrite_convolve(Draft& draft);
void rewrite_norms(Draft& draft);
void rewrite_pads(Draft& draft);

}  // namespace hekla::plan
