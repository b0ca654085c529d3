// SPDX-License-Identifier: MIT
#include "ops/entry.hpp"

#include "base/diagnostic.hpp"
#include "graph/document.hpp"
#include "ops/entry_reader.hpp"

#include <algorithm>
#include <utility>

namespace hekla::ops {
namespace {

template <class T>
std::optional<std::size_t> find_by_name(const std::vector<T>& list, std::string_view name) {
    const auto found = std::find_if(list.begin(), list.end(), [&](const T& item) { return item.name == name; });
    if (found == list.end()) return std::nullopt;
    return static_cast<std::size_t>(found - list.begin());
}

constexpr auto by_name = [](const std::unique_ptr<Entry>& entry, std::string_view name) { return entry->name < name; };

}  // namespace

std::optional<std::size_t> Entry::find_attribute(std::string_view wanted) const { return find_by_name(attributes, wanted); }
std::optional<std::size_t> Entry::find_slot(std::string_view wanted) const { return find_by_name(slots, wanted); }

Catalogue::Catalogue() = default;
Catalogue::~Catalogue() = default;
Catalogue::Catalogue(Catalogue&&) noexcept = default;
Catalogue& Catalogue::operator=(Catalogue&&) noexcept = default;

void Catalogue::add(std::string_view name, std::string_view yaml) {
    Diagnostics complaints;
    const auto source = std::make_shared<const Source>(std::string(name) + ".yaml", std::string(yaml));
    std::unique_ptr<Entry> entry;
    if (const auto document = graph::parse_document(source, complaints))
        entry = read_entry(name, source, document->root, complaints);
    if (entry && find(name) != nullptr)
        complaints.error(source, "HK4003", "there is already an op `" + std::string(name) + "`");
    if (complaints.has_errors() || !entry) throw DiagnosticError(std::move(complaints));
    entries_.insert(std::lower_bound(entries_.begin(), entries_.end(), name, by_name), std::move(entry));
}

const Entry* Catalogue::find(std::string_view name) const {
    const auto at = std::lower_bound(entries_.begin(), entries_.end(), name, by_name);
    return at != entries_.end() && (*at)->name == name ? at->get() : nullptr;
}

std::span<const std::unique_ptr<Entry>> Catalogue::entries() const { return entries_; }

}  // namespace hekla::ops
