// SPDX-License-Identifier: MIT
// Diagnostics as JSON. Written by hand: a dozen members do not need a library in the lowest floor.
#include "base/diagnostic.hpp"

namespace hekla {
namespace {

/// Writes nested objects and lists, one member per line if `indent` is not negative.
class JsonWriter {
  public:
    explicit JsonWriter(int indent) : indent_(indent) {}

    void open(char bracket) {
        out_ += bracket;
        ++depth_;
        first_ = true;
    }
    void close(char bracket) {
        --depth_;
        if (!first_) line();
        out_ += bracket;
        first_ = false;
    }
    void item() {
        if (!first_) out_ += indent_ < 0 ? ", " : ",";
        first_ = false;
        line();
    }
    void key(std::string_view name) {
        item();
        out_ += json_string(name) + ": ";
    }
    void text(std::string_view name, std::string_view value) {
        if (value.empty()) return;
        key(name);
        out_ += json_string(value);
    }
    void number(std::string_view name, std::int64_t value) {
        key(name);
        out_ += std::to_string(value);
    }
    void place(Place place) {
        if (!place) return;
        number("line", place.line);
        number("column", place.column);
        number("length", place.length);
    }
    void string(std::string_view value) {
        item();
        out_ += json_string(value);
    }
    std::string take() { return std::move(out_); }

  private:
    void line() {
        if (indent_ < 0) return;
        out_ += '\n';
        out_.append(static_cast<std::size_t>(indent_ * depth_), ' ');
    }

    std::string out_;
    int indent_;
    int depth_ = 0;
    bool first_ = true;
};

void write_label(JsonWriter& json, const Label& label) {
    json.item();
    json.open('{');
    json.place(label.place);
    json.text("label", label.text);
    json.close('}');
}

void write_step(JsonWriter& json, const TrailStep& step) {
    json.item();
    json.open('{');
    json.text("block", step.block);
    if (!step.repeat.empty()) {
        json.text("repeat", step.repeat);
        json.text("index", step.index);
        json.number("turn", step.turn);
        json.number("turns", step.turns);
    }
    json.place(step.place);
    json.close('}');
}

void write_diagnostic(JsonWriter& json, const Diagnostic& diagnostic) {
    json.item();
    json.open('{');
    json.text("code", diagnostic.code);
    json.text("severity", diagnostic.severity == Severity::error ? "error" : "warning");
    json.text("message", diagnostic.message);
    if (diagnostic.source) json.text("file", diagnostic.source->name());
    json.place(diagnostic.primary.place);
    json.text("label", diagnostic.primary.text);
    if (!diagnostic.secondary.empty()) {
        json.key("secondary");
        json.open('[');
        for (const Label& label : diagnostic.secondary) write_label(json, label);
        json.close(']');
    }
    if (!diagnostic.trail.empty()) {
        json.key("trail");
        json.open('[');
        for (const TrailStep& step : diagnostic.trail) write_step(json, step);
        json.close(']');
    }
    if (!diagnostic.notes.empty()) {
        json.key("notes");
        json.open('[');
        for (const std::string& note : diagnostic.notes) json.string(note);
        json.close(']');
    }
    json.text("help", diagnostic.help_text);
    json.close('}');
}

}  // namespace

std::string json_string(std::string_view text) {
    constexpr std::string_view hex = "0123456789abcdef";
    std::string out = "\"";
    for (std::size_t i = 0; i < text.size();) {
        const std::size_t length = utf8_length(text.substr(i));
        const auto byte = static_cast<unsigned char>(text[i]);
        if (length == 0) {
            out += "\xEF\xBF\xBD";
            ++i;
            continue;
        }
        if (byte == '"' || byte == '\\')
            out += '\\', out += text[i];
        else if (byte == '\n')
            out += "\\n";
        else if (byte == '\t')
            out += "\\t";
        else if (byte < 0x20 || byte == 0x7F)
            out += "\\u00", out += hex[byte >> 4], out += hex[byte & 15];
        else
            out += text.substr(i, length);
        i += length;
    }
    return out + '"';
}

std::string Diagnostics::json(int indent) const {
    JsonWriter json(indent);
    json.open('[');
    for (const Diagnostic& diagnostic : collapsed()) write_diagnostic(json, diagnostic);
    json.close(']');
    return json.take();
}

}  // namespace hekla
