// SPDX-License-Identifier: MIT
#include "base/diagnostic.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace hekla {
namespace {

// A line longer than this is shown around its marker only.
constexpr std::size_t longest_line = 160;

struct Colors {
    std::string_view error, warning, mark, gutter, reset;
};
constexpr Colors plain_colors{};
constexpr Colors ansi_colors{"\x1b[1;31m", "\x1b[1;33m", "\x1b[1;31m", "\x1b[1;34m", "\x1b[0m"};

/// The bytes of the first `count` code points of `text`.
std::string_view first_code_points(std::string_view text, std::size_t count) {
    std::size_t i = 0;
    for (; count > 0 && i < text.size(); --count)
        i += std::max<std::size_t>(1, utf8_length(text.substr(i)));
    return text.substr(0, i);
}

/// One source line with markers under a stretch of it, between gutters.
void render_snippet(std::string& out, const Source& source, const Label& label, char marker,
                    const Colors& colors) {
    const Place place = label.place;
    const std::string number = std::to_string(place.line);
    const std::string bar = std::string(number.size() + 1, ' ') + "|";
    std::string_view line = source.line(place.line);
    std::size_t column = place.column > 0 ? place.column - 1 : 0;
    const std::size_t width = count_code_points(line);
    column = std::min(column, width);
    // A stretch over several lines is marked to the end of its first.
    std::size_t length =
        std::max<std::size_t>(1, std::min<std::size_t>(place.length, width - column));
    bool cut_left = false, cut_right = false;
    if (width > longest_line) {
        const std::size_t start = column > longest_line / 4 ? column - longest_line / 4 : 0;
        line.remove_prefix(first_code_points(line, start).size());
        column -= start;
        cut_left = start > 0;
        cut_right = width - start > longest_line;
        line = first_code_points(line, longest_line);
        length = std::min(length, longest_line - column);
    }
    std::string text = printable(line);
    while (!text.empty() && text.back() == ' ') text.pop_back();
    std::string pad;
    for (char c : printable(first_code_points(line, column)))
        if ((static_cast<unsigned char>(c) & 0xC0) != 0x80) pad += c == '\t' ? '\t' : ' ';
    if (cut_left) text.insert(0, "… "), pad.insert(0, "  ");
    if (cut_right) text += " …";

    const auto gutter = [&](const std::string& head) {
        out.append(colors.gutter).append(head).append(colors.reset);
    };
    gutter(bar);
    out += '\n';
    gutter(number + " |");
    if (!text.empty()) out += ' ' + text;
    out += '\n';
    gutter(bar);
    out += ' ' + pad;
    out.append(marker == '^' ? colors.mark : colors.gutter);
    out.append(length, marker);
    if (!label.text.empty()) out += ' ' + printable(label.text);
    out.append(colors.reset);
    out += '\n';
}

std::string where(const Source& source, Place place) {
    return printable(source.name()) + ":" + std::to_string(place.line) + ":" +
           std::to_string(place.column);
}

std::string count_of_errors(std::size_t count) {
    return std::to_string(count) + (count == 1 ? " further message" : " further messages");
}

/// What two complaints share if they differ only in the turn of a repeat.
std::string key_of(const Diagnostic& diagnostic) {
    std::string key = diagnostic.code + '\x1f' + diagnostic.message + '\x1f';
    const auto place = [&](Place p) {
        key += std::to_string(p.line) + ':' + std::to_string(p.column) + ':' +
               std::to_string(p.length) + '\x1f';
    };
    if (diagnostic.source) key += diagnostic.source->name() + '\x1f';
    place(diagnostic.primary.place);
    key += diagnostic.primary.text + '\x1f';
    for (const TrailStep& step : diagnostic.trail) {
        key += step.block + '\x1f' + step.repeat + '\x1f';
        place(step.place);
    }
    return key;
}

}  // namespace

Diagnostic& Diagnostic::also(Place place, std::string text) {
    secondary.push_back({place, std::move(text)});
    return *this;
}

Diagnostic& Diagnostic::via(TrailStep step) {
    trail.push_back(std::move(step));
    return *this;
}

Diagnostic& Diagnostic::note(std::string text) {
    notes.push_back(std::move(text));
    return *this;
}

Diagnostic& Diagnostic::help(std::string text) {
    help_text = std::move(text);
    return *this;
}

Diagnostic& Diagnostics::add(Diagnostic diagnostic) {
    if (diagnostic.severity == Severity::error) ++error_count_;
    if (list_.size() >= limit_) {
        ++dropped_;
        spare_ = std::move(diagnostic);
        return spare_;
    }
    list_.push_back(std::move(diagnostic));
    return list_.back();
}

Diagnostic& Diagnostics::error(SourcePtr source, std::string_view code, std::string message,
                               Place place, std::string label) {
    Diagnostic diagnostic;
    diagnostic.code = code;
    diagnostic.message = std::move(message);
    diagnostic.source = std::move(source);
    diagnostic.primary = {place, std::move(label)};
    return add(std::move(diagnostic));
}

Diagnostic& Diagnostics::warning(SourcePtr source, std::string_view code, std::string message,
                                 Place place, std::string label) {
    Diagnostic diagnostic;
    diagnostic.severity = Severity::warning;
    diagnostic.code = code;
    diagnostic.message = std::move(message);
    diagnostic.source = std::move(source);
    diagnostic.primary = {place, std::move(label)};
    return add(std::move(diagnostic));
}

std::vector<Diagnostic> Diagnostics::collapsed() const {
    std::vector<Diagnostic> result;
    std::map<std::string, std::vector<const Diagnostic*>> groups;
    std::vector<const std::vector<const Diagnostic*>*> order;
    for (const Diagnostic& diagnostic : list_) {
        auto& group = groups[key_of(diagnostic)];
        if (group.empty()) order.push_back(&group);
        group.push_back(&diagnostic);
    }
    for (const auto* group : order) {
        Diagnostic first = *group->front();
        // Distinct combinations of turns, out of all that there are.
        std::vector<std::vector<std::int64_t>> turns;
        for (const Diagnostic* diagnostic : *group) {
            std::vector<std::int64_t> turn;
            for (const TrailStep& step : diagnostic->trail) turn.push_back(step.turn);
            turns.push_back(std::move(turn));
        }
        std::sort(turns.begin(), turns.end());
        turns.erase(std::unique(turns.begin(), turns.end()), turns.end());
        if (turns.size() > 1) {
            std::size_t all = 1;
            for (const TrailStep& step : first.trail)
                if (!step.repeat.empty() && step.turns > 0 && all < 1'000'000'000)
                    all *= static_cast<std::size_t>(step.turns);
            std::string count = std::to_string(turns.size());
            if (turns.size() == all)
                first.notes.push_back("same in all " + count + " turns");
            else
                first.notes.push_back("same in " + count + " of " + std::to_string(all) + " turns");
        }
        result.push_back(std::move(first));
    }
    return result;
}

std::string render_text(const Diagnostic& diagnostic, bool color) {
    const Colors& colors = color ? ansi_colors : plain_colors;
    std::string out;
    const bool is_error = diagnostic.severity == Severity::error;
    out.append(is_error ? colors.error : colors.warning);
    out += is_error ? "error" : "warning";
    if (!diagnostic.code.empty()) out += "[" + diagnostic.code + "]";
    out.append(colors.reset);
    out += ": " + printable(diagnostic.message) + "\n";
    if (diagnostic.source && diagnostic.primary.place) {
        const Source& source = *diagnostic.source;
        out += "  --> " + where(source, diagnostic.primary.place) + "\n";
        render_snippet(out, source, diagnostic.primary, '^', colors);
        for (const Label& label : diagnostic.secondary)
            if (label.place) render_snippet(out, source, label, '-', colors);
    } else if (diagnostic.source) {
        out += "  --> " + printable(diagnostic.source->name()) + "\n";
    }
    for (const TrailStep& step : diagnostic.trail) {
        out += "   in ";
        if (!step.block.empty()) out += "block `" + printable(step.block) + "`";
        if (!step.block.empty() && !step.repeat.empty()) out += " ";
        if (!step.repeat.empty()) {
            std::string turn =
                (step.index.empty() ? "turn " : step.index + "=") + std::to_string(step.turn);
            if (step.turns > 0) turn += " of 0.." + std::to_string(step.turns - 1);
            const std::string repeat = "repeat `" + printable(step.repeat) + "`";
            out += step.block.empty() ? repeat + " (" + turn + ")"
                                      : "(" + turn + " in " + repeat + ")";
        }
        if (diagnostic.source && step.place) out += "  at " + where(*diagnostic.source, step.place);
        out += "\n";
    }
    for (const std::string& note : diagnostic.notes) out += "   = note: " + printable(note) + "\n";
    if (!diagnostic.help_text.empty())
        out += "   = help: " + printable(diagnostic.help_text) + "\n";
    return out;
}

std::string Diagnostics::text(bool color) const {
    std::string out;
    for (const Diagnostic& diagnostic : collapsed()) {
        if (!out.empty()) out += "\n";
        out += render_text(diagnostic, color);
    }
    if (dropped_ > 0) out += "\n... and " + count_of_errors(dropped_) + "\n";
    return out;
}

DiagnosticError::DiagnosticError(Diagnostics diagnostics, ErrorCode code)
    : Error(code, diagnostics.text()), diagnostics_(std::move(diagnostics)) {}

}  // namespace hekla
