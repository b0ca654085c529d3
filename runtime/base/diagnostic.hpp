// SPDX-License-Identifier: MIT
#pragma once

#include "base/error.hpp"
#include "base/place.hpp"
#include "base/source.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace hekla {

enum class Severity : std::uint8_t { error, warning };

/// A stretch of text with what is to be said about it.
struct Label {
    Place place;
    std::string text;  ///< may be empty
};

/// One step on the way from the graph to the place of a message, innermost first:
/// "in block `layer` (i=0 of 0..11 in repeat `h`)  at gpt2.yaml:49:11".
struct TrailStep {
    std::string block;       ///< the block that was entered; empty: the step of a repeat that calls none
    std::string repeat;      ///< the repeat whose step this is; empty: none
    std::string index;       ///< the repeat's index name; may be empty
    std::int64_t turn = 0;   ///< with a repeat: which turn, from 0
    std::int64_t turns = 0;  ///< with a repeat: how many there are
    Place place;             ///< of the call

    bool operator==(const TrailStep&) const = default;
};

/// One complaint. The chaining setters are for the place where it is made:
/// `out.error(source, "HK1204", "`q` is defined twice", place, "again here").also(first, "first defined here").help("...")`.
struct Diagnostic {
    Severity severity = Severity::error;
    std::string code;     ///< "HK2302"; stable, so tools may match it
    std::string message;  ///< one line
    SourcePtr source;     ///< null: the complaint has no place (e.g. `--set`)
    Label primary;
    std::vector<Label> secondary;
    std::vector<TrailStep> trail;
    std::vector<std::string> notes;
    std::string help_text;  ///< what to do; may be empty

    Diagnostic& also(Place place, std::string text = {});
    Diagnostic& via(TrailStep step);
    Diagnostic& note(std::string text);
    Diagnostic& help(std::string text);
};

/// Collects complaints in the order they are made. Not for several threads at once.
/// At most `limit` are kept, so a hostile file cannot fill the memory; more are counted only.
class Diagnostics {
public:
    explicit Diagnostics(std::size_t limit = 100) : limit_(limit) {}

    /// The reference stays valid as long as the collector. Beyond the limit it refers to a spare that nobody sees.
    Diagnostic& error(SourcePtr source, std::string_view code, std::string message, Place place = {},
                      std::string label = {});
    Diagnostic& warning(SourcePtr source, std::string_view code, std::string message, Place place = {},
                        std::string label = {});
    Diagnostic& add(Diagnostic diagnostic);

    bool has_errors() const { return error_count_ > 0; }
    std::size_t error_count() const { return error_count_; }
    bool empty() const { return list_.empty(); }

    /// As they were made.
    const std::deque<Diagnostic>& list() const { return list_; }
    /// Without repetitions: complaints that differ only in the turn of a repeat become the first of them and a note,
    /// "same in all 22 turns" or "same in 3 of 22 turns"; exact duplicates become one.
    std::vector<Diagnostic> collapsed() const;

    /// All (collapsed) as text for people, in the order made, an empty line between two. `color`: with ANSI colours.
    std::string text(bool color = false) const;
    /// All (collapsed) as a JSON array; `indent` spaces per level, negative: on one line.
    /// Each: {code, severity, message, file, line, column, length, label, secondary: [{line, column, length, label}],
    /// trail: [{block, repeat, index, turn, turns, line, column, length}], notes: [...], help}. Absent members are left out.
    std::string json(int indent = 2) const;

private:
    std::deque<Diagnostic> list_;
    Diagnostic spare_;
    std::size_t limit_;
    std::size_t error_count_ = 0;
    std::size_t dropped_ = 0;
};

/// One complaint as text, ending in a line end.
std::string render_text(const Diagnostic& diagnostic, bool color = false);

/// `text` as a JSON string, with its quotes. What is not UTF-8 becomes U+FFFD.
std::string json_string(std::string_view text);

/// Thrown by functions that cannot go on: what() is the text of all complaints, without colour.
class DiagnosticError : public Error {
public:
    explicit DiagnosticError(Diagnostics diagnostics, ErrorCode code = ErrorCode::invalid_file);
    const Diagnostics& diagnostics() const { return diagnostics_; }

private:
    Diagnostics diagnostics_;
};

}  // namespace hekla
