// SPDX-License-Identifier: MIT
#pragma once

#include "plan/draft.hpp"
#include "plan/view.hpp"

#include <optional>
#include <string>
#include <vector>

namespace hekla::plan {

/// One use of a kernel op with its tensors' places settled.
struct Launch {
    const ops::Entry* op = nullptr;
    std::string path;
    Scope scope;                              ///< names the entry's expressions see
    std::vector<std::optional<View>> inputs;  ///< one per slot
    std::vector<View> outputs;
    std::shared_ptr<const Launch> norm = {};  ///< makes inputs[0], unless the kernel takes something else in its place
    bool in_tiles = false;  ///< the result goes to a kernel that takes tiles: only one with `gives: tiles` will do
};

struct OutputPlace {
    std::string name;
    ValueId value = no_id;
    std::uint32_t storage = no_id;  ///< contiguous, from its beginning
};

struct LayoutResult {
    std::vector<Storage> storages;
    std::vector<Launch> launches;
    std::vector<std::pair<std::uint32_t, std::uint32_t>>
        inputs;  ///< position in Graph::inputs, storage
    std::vector<OutputPlace> outputs;
};

/// Decides where every value lives. View ops cost nothing where strides can express them; results are written straight into the place
/// that the next op wants (a state slot, a part of a concat, merged heads) where the kernel can write strides; a copy is put in otherwise.
LayoutResult settle_layout(const Draft& draft);

/// Neighbouring copies of one shape, of which neither touches what the other writes, become one `copy_pair`.
void join_copies(const Draft& draft, std::vector<Launch>& launches);

}  // namespace hekla::plan
