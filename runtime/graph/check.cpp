// SPDX-License-Identifier: MIT
#include "graph/check.hpp"

#include "base/did_you_mean.hpp"
#include "graph/checker.hpp"
#include "graph/rename.hpp"
#include "graph/static_check.hpp"

#include <algorithm>

namespace hekla::graph {

Checker::Checker(const FileModel& file, const ops::Catalogue& catalogue, const CheckOptions& options, Diagnostics& out)
    : file_(file), catalogue_(catalogue), options_(options), diagnostics_(out) {
    for (const BlockDecl& block : file.blocks) blocks_.emplace(block.name, &block);
    for (const DefaultsDecl& defaults : file.defaults) defaults_.emplace(defaults.op, &defaults);
}

Checker::~Checker() = default;

/// Everything but the complaints about what is left over; false if the file cannot be expanded.
bool Checker::expand() {
    declare_custom_ops();
    StaticCheck(*this).run();
    if (!open_checkpoint()) return false;
    read_renames();
    declare_params();
    for (const ParamDecl& decl : file_.params) force(file_scope_.names[decl.name], decl.name, file_scope_, decl.name_place, file_scope_);
    check_expectations();
    declare_dims();

    const EntryDecl* entry = nullptr;
    const std::vector<std::string> names = entry_names(file_);
    for (const EntryDecl& candidate : file_.entries) {
        if (candidate.name == options_.entry || (options_.entry.empty() && file_.entries.size() == 1)) entry = &candidate;
    }
    if (entry == nullptr) {
        const bool asked = !options_.entry.empty();
        diagnostics_.error(asked ? nullptr : file_.source, "HK2202",
                           asked ? "no entry `" + options_.entry + "` in " + file_.source->name()
                                 : "this file has several entries: " + listed(names))
            .help(!asked ? "choose one with --entry NAME" : file_.has_named_entries ? "it has " + listed(names) : "it has a single entry without a name");
        return false;
    }
    graph_.entry = entry->name;
    expand_entry(*entry);
    return true;
}

std::optional<Graph> Checker::run() {
    const std::size_t before = diagnostics_.error_count();
    if (!expand()) return std::nullopt;
    StaticCheck(*this).run_late();
    if (diagnostics_.error_count() != before) return std::nullopt;
    collect_other_entries();
    check_extra_tensors();
    if (diagnostics_.error_count() != before) return std::nullopt;
    Graph graph = finish();
    if (diagnostics_.error_count() != before) return std::nullopt;
    return graph;
}

/// Tensors that only other entries use are not left over.
void Checker::collect_other_entries() {
    if (!has_file_) return;
    for (const EntryDecl& entry : file_.entries) {
        if (entry.name == graph_.entry) continue;
        CheckOptions options = options_;
        options.entry = entry.name;
        options.only_outputs.clear();
        options.taps.clear();
        Diagnostics silent;
        Checker other(file_, catalogue_, options, silent);
        other.muted_ = true;
        other.expand();
        used_tensors_.insert(other.used_tensors_.begin(), other.used_tensors_.end());
    }
}

std::optional<Graph> check(const FileModel& file, const ops::Catalogue& catalogue, const CheckOptions& options, Diagnostics& out) {
    return Checker(file, catalogue, options, out).run();
}

std::vector<std::string> entry_names(const FileModel& file) {
    std::vector<std::string> names;
    for (const EntryDecl& entry : file.entries) names.push_back(entry.name);
    return names;
}

bool serves(const FileModel& file, std::string_view architecture) {
    return std::any_of(file.serves.begin(), file.serves.end(), [&](const Word& word) { return word.text == architecture; });
}

}  // namespace hekla::graph
