// SPDX-License-Identifier: MIT
#include "decoder.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "byte_level.hpp"
#include "search.hpp"
#include "unicode.hpp"

namespace hekla::text {

/// A step of decoding. Tokens arrive as any number of text() calls, then token_end(); a step that
/// joins tokens (Fuse, ByteLevel) passes the end on once, at finish().
class Decoder::Stage {
  public:
    virtual ~Stage() = default;
    virtual void text(std::string_view part) = 0;
    virtual void token_end() = 0;
    virtual void finish() = 0;
    Stage* next = nullptr;
};

namespace {

using Stage = Decoder::Stage;
using Kind = Utf8Unit::Kind;

constexpr std::size_t max_decoded_token_bytes = std::size_t{64} << 20;

/// The end of the chain.
class Output : public Stage {
  public:
    explicit Output(std::string& out) : out_(out) {}
    void text(std::string_view part) override { out_ += part; }
    void token_end() override {}
    void finish() override {}

  private:
    std::string& out_;
};

/// For steps that need the whole token.
class WholeToken : public Stage {
  public:
    void text(std::string_view part) override { token_ += part; }
    void token_end() override { whole(std::exchange(token_, {})); }
    void finish() override { next->finish(); }

  protected:
    virtual void whole(std::string token) = 0;
    void pass(std::string_view token) {
        next->text(token);
        next->token_end();
    }

  private:
    std::string token_;
};

/// Bytes that become text when their characters are whole.
class ByteBuffer {
  public:
    void add(char byte) { bytes_ += byte; }
    bool empty() const { return bytes_.empty(); }

    /// Hands whole characters to `out`, U+FFFD for what cannot become one; keeps an unfinished
    /// character.
    template <typename Out>
    void drain(bool last, const Out& out) {
        std::string text;
        std::string_view rest = bytes_;
        while (!rest.empty()) {
            const Utf8Unit unit = next_utf8(rest);
            if (unit.kind == Kind::incomplete && !last) break;
            text +=
                unit.kind == Kind::character ? rest.substr(0, unit.length) : replacement_character;
            rest.remove_prefix(unit.length);
        }
        bytes_.erase(0, bytes_.size() - rest.size());
        if (!text.empty()) out(text);
    }

  private:
    std::string bytes_;
};

class ByteLevelStage : public WholeToken {
  public:
    void finish() override {
        buffer_.drain(true, [&](const std::string& s) { next->text(s); });
        next->token_end();
        next->finish();
    }

  private:
    void whole(std::string token) override {
        std::string bytes;
        for (std::string_view rest = token; !rest.empty();) {
            const Utf8Unit unit = next_utf8(rest);
            const auto byte = byte_of_character(unit.code_point);
            if (!byte) {
                bytes = token;  // not written in byte characters: an added token
                break;
            }
            bytes += static_cast<char>(*byte);
            rest.remove_prefix(unit.length);
        }
        for (const char b : bytes) buffer_.add(b);
        buffer_.drain(false, [&](const std::string& s) { next->text(s); });
    }

    ByteBuffer buffer_;
};

std::optional<char> byte_of_token(std::string_view token) {
    if (token.size() != 6 || !token.starts_with("<0x") || !token.ends_with('>'))
        return std::nullopt;
    unsigned byte = 0;
    const char* digits = token.data() + 3;
    const auto [end, error] = std::from_chars(digits, digits + 2, byte, 16);
    if (error != std::errc() || end != digits + 2) return std::nullopt;
    return static_cast<char>(byte);
}

class ByteFallbackStage : public WholeToken {
  public:
    explicit ByteFallbackStage(Decoder::Bytes mode) : mode_(mode) {}

    void finish() override {
        end_run();
        next->finish();
    }

  private:
    void whole(std::string token) override {
        const auto byte = byte_of_token(token);
        if (!byte) {
            end_run();
            return pass(token);
        }
        if (mode_ == Decoder::Bytes::at_once) {
            buffer_.add(*byte);
            buffer_.drain(false, [&](const std::string& s) { pass(s); });
        } else {
            run_ += *byte;
        }
    }

    void end_run() {
        buffer_.drain(true, [&](const std::string& s) { pass(s); });
        if (run_.empty()) return;
        bool valid = true;
        for (std::string_view rest = run_; valid && !rest.empty();) {
            const Utf8Unit unit = next_utf8(rest);
            valid = unit.kind == Kind::character;
            rest.remove_prefix(unit.length);
        }
        if (valid) {
            pass(run_);
        } else {
            for (std::size_t i = 0; i < run_.size(); ++i) pass(replacement_character);
        }
        run_.clear();
    }

    Decoder::Bytes mode_;
    ByteBuffer buffer_;
    std::string run_;
};

class FuseStage : public Stage {
  public:
    void text(std::string_view part) override { next->text(part); }
    void token_end() override {}
    void finish() override {
        next->token_end();
        next->finish();
    }
};

/// Replaces a plain text; behind a Fuse it may stretch over tokens, so its possible beginning is
/// held back.
class ReplaceTextStage : public Stage {
  public:
    ReplaceTextStage(std::string pattern, std::string content)
        : pattern_(std::move(pattern)), content_(std::move(content)) {}

    void text(std::string_view part) override {
        held_ += part;
        std::size_t done = 0;
        for (std::size_t at = held_.find(pattern_); at != std::string::npos;
             at = held_.find(pattern_, done)) {
            send(std::string_view(held_).substr(done, at - done));
            send(content_);
            done = at + pattern_.size();
        }
        const std::string_view rest = std::string_view(held_).substr(done);
        std::size_t keep = std::min(rest.size(), pattern_.size() - 1);
        while (keep > 0 && !pattern_.starts_with(rest.substr(rest.size() - keep))) --keep;
        send(rest.substr(0, rest.size() - keep));
        held_.erase(0, held_.size() - keep);
    }

    void token_end() override {
        send(held_);
        held_.clear();
        next->token_end();
    }

    void finish() override { next->finish(); }

  private:
    void send(std::string_view s) {
        if (!s.empty()) next->text(s);
    }

    std::string pattern_;
    std::string content_;
    std::string held_;
};

class ReplaceRegexStage : public WholeToken {
  public:
    explicit ReplaceRegexStage(const ReplaceStep& step)
        : search_(step.pattern), content_(step.content) {}

  private:
    void whole(std::string token) override {
        pass(replace_all(token, search_, content_, max_decoded_token_bytes));
    }

    Search search_;
    std::string content_;
};

/// Takes up to `start` and `stop` of one character off the ends of each token.
class StripStage : public Stage {
  public:
    explicit StripStage(const StripStep& step) : step_(step), start_left_(step.start) {}

    void text(std::string_view part) override {
        std::string out;
        while (!part.empty()) {
            const std::string_view c = part.substr(0, next_utf8(part).length);
            part.remove_prefix(c.size());
            const bool stripped = c == step_.content;
            if (stripped && start_left_ > 0) {
                --start_left_;
                continue;
            }
            start_left_ = 0;
            if (stripped && held_ < step_.stop) {
                ++held_;  // the token may end here; if not, they come out with what follows
                continue;
            }
            if (!stripped) release(out);
            out += c;
        }
        if (!out.empty()) next->text(out);
    }

    void token_end() override {
        start_left_ = step_.start;
        held_ = 0;
        next->token_end();
    }

    void finish() override { next->finish(); }

  private:
    void release(std::string& out) {
        for (; held_ > 0; --held_) out += step_.content;
    }

    StripStep step_;
    std::uint32_t start_left_;
    std::uint32_t held_ = 0;
};

class MetaspaceStage : public Stage {
  public:
    explicit MetaspaceStage(MetaspaceStep step) : step_(std::move(step)) {}

    void text(std::string_view part) override {
        std::string out;
        while (!part.empty()) {
            const std::string_view c = part.substr(0, next_utf8(part).length);
            part.remove_prefix(c.size());
            if (c != step_.replacement) {
                out += c;
            } else if (!first_ || step_.prepend == PrependScheme::never) {
                out += ' ';
            }
        }
        if (!out.empty()) next->text(out);
    }

    void token_end() override {
        first_ = false;
        next->token_end();
    }

    void finish() override { next->finish(); }

  private:
    MetaspaceStep step_;
    bool first_ = true;
};

/// BPEDecoder: the suffix of words is a space, but for the last token.
class SuffixStage : public WholeToken {
  public:
    explicit SuffixStage(std::string suffix) : search_(Pattern{std::move(suffix), false}) {}

    void finish() override {
        if (waiting_) pass(replace_all(*waiting_, search_, "", max_decoded_token_bytes));
        next->finish();
    }

  private:
    void whole(std::string token) override {
        if (waiting_) pass(replace_all(*waiting_, search_, " ", max_decoded_token_bytes));
        waiting_ = std::move(token);
    }

    Search search_;
    std::optional<std::string> waiting_;
};

/// No decoder at all.
class JoinStage : public WholeToken {
  private:
    void whole(std::string token) override {
        pass(first_ ? token : " " + token);
        first_ = false;
    }

    bool first_ = true;
};

struct MakeStage {
    Decoder::Bytes bytes;
    std::unique_ptr<Stage> operator()(const ByteLevelDecoderStep&) const {
        return std::make_unique<ByteLevelStage>();
    }
    std::unique_ptr<Stage> operator()(const ByteFallbackStep&) const {
        return std::make_unique<ByteFallbackStage>(bytes);
    }
    std::unique_ptr<Stage> operator()(const FuseStep&) const {
        return std::make_unique<FuseStage>();
    }
    std::unique_ptr<Stage> operator()(const StripStep& s) const {
        return std::make_unique<StripStage>(s);
    }
    std::unique_ptr<Stage> operator()(const MetaspaceStep& s) const {
        return std::make_unique<MetaspaceStage>(s);
    }
    std::unique_ptr<Stage> operator()(const SuffixStep& s) const {
        return std::make_unique<SuffixStage>(s.suffix);
    }
    std::unique_ptr<Stage> operator()(const ReplaceStep& s) const {
        if (s.pattern.is_regex) return std::make_unique<ReplaceRegexStage>(s);
        return std::make_unique<ReplaceTextStage>(s.pattern.text, s.content);
    }
};

}  // namespace

Decoder::Decoder(const std::optional<std::vector<DecoderStep>>& steps, Bytes bytes)
    : out_(std::make_unique<std::string>()) {
    if (steps) {
        for (const DecoderStep& step : *steps)
            stages_.push_back(std::visit(MakeStage{bytes}, step));
    } else {
        stages_.push_back(std::make_unique<JoinStage>());
    }
    stages_.push_back(std::make_unique<Output>(*out_));
    for (std::size_t i = 0; i + 1 < stages_.size(); ++i) stages_[i]->next = stages_[i + 1].get();
}

Decoder::~Decoder() = default;
Decoder::Decoder(Decoder&&) noexcept = default;
Decoder& Decoder::operator=(Decoder&&) noexcept = default;

void Decoder::push(std::string_view token) {
    stages_.front()->text(token);
    stages_.front()->token_end();
}

void Decoder::finish() { stages_.front()->finish(); }

}  // namespace hekla::text
