// SPDX-License-Identifier: MIT
#include "tokenizer.hpp"

#include <algorithm>
#include <utility>

#include "added_tokens.hpp"
#include "bpe.hpp"
#include "decoder.hpp"
#include "gguf_tokenizer.hpp"
#include "normalizer.hpp"
#include "pre_tokenizer.hpp"
#include "read_file.hpp"
#include "tokenizer_spec.hpp"
#include "vocabulary.hpp"

namespace hekla::text {
namespace {

std::vector<std::string> normalized_contents(const std::vector<AddedToken>& tokens,
                                             const Normalizer& normalizer) {
    std::vector<std::string> out;
    out.reserve(tokens.size());
    for (const AddedToken& token : tokens) {
        out.push_back(token.normalized ? normalizer.apply(token.content) : std::string());
    }
    return out;
}

/// An added token is in the vocabulary with the same id, or not at all and its id is free.
void check_against(const Vocabulary& vocabulary, const std::vector<AddedToken>& tokens) {
    for (const AddedToken& token : tokens) {
        const auto id = vocabulary.find(token.content);
        const auto other = vocabulary.find(token.id);
        if (id && *id != token.id) {
            throw ComponentError("added_tokens gives \"" + token.content + "\" the id " +
                                 std::to_string(token.id) + ", model.vocab " + std::to_string(*id));
        }
        if (!id && other) {
            throw ComponentError("added_tokens gives \"" + token.content + "\" the id " +
                                 std::to_string(token.id) + ", which model.vocab gives to \"" +
                                 std::string(*other) + "\"");
        }
    }
}

template <typename Do>
auto naming(const std::string& file, const Do& act) {
    try {
        return act();
    } catch (const ComponentError& e) {
        throw TokenizerError(file, e.what());
    }
}

}  // namespace

struct Tokenizer::Parts {
    Parts(std::string file, TokenizerSpec&& spec)
        : name(std::move(file)),
          vocabulary(std::move(spec.model.vocab)),
          normalizer(spec.normalizer),
          added(spec.added_tokens, normalized_contents(spec.added_tokens, normalizer)),
          pre_tokenizer(spec.pre_tokenizer),
          bpe(std::move(spec.model), vocabulary),
          around(std::move(spec.post_processor)),
          decoder_steps(std::move(spec.decoder)) {
        check_against(vocabulary, added.tokens());
        vocab_size = vocabulary.max_id() + 1;
        for (const AddedToken& token : added.tokens())
            vocab_size = std::max(vocab_size, token.id + 1);
        check_post_processor();
        Decoder(decoder_steps,
                Decoder::Bytes::whole_runs);  // its expressions compile, or the file is refused now
    }

    std::optional<std::string_view> token(TokenId id) const {
        if (const AddedToken* token = added.find(id)) return token->content;
        return vocabulary.find(id);
    }

    void check_post_processor() const {
        for (const TemplatePiece& piece : around) {
            for (const TokenId id : piece.ids) {
                if (token(id)) continue;
                throw ComponentError("post_processor adds the id " + std::to_string(id) +
                                     ", which no token has");
            }
        }
    }

    std::vector<TokenId> encode(std::string_view valid) const {
        std::vector<TokenId> ids;
        Bpe::Encoder encoder(bpe);
        for (const Segment& outer : added.split_raw(valid)) {
            if (outer.token) {
                ids.push_back(*outer.token);
                continue;
            }
            const std::string text =
                normalizer.apply(valid.substr(outer.span.begin, outer.span.end - outer.span.begin));
            for (const Segment& inner : added.split_normalized(text)) {
                if (inner.token) {
                    ids.push_back(*inner.token);
                    continue;
                }
                const bool first = outer.span.begin == 0 && inner.span.begin == 0;
                const std::string_view part = std::string_view(text).substr(
                    inner.span.begin, inner.span.end - inner.span.begin);
                for (const Pieces pieces = pre_tokenizer.split(part, first);
                     const Pieces::Piece& piece : pieces.list) {
                    encoder.encode(piece.text, ids);
                }
            }
        }
        return ids;
    }

    void put_around(std::vector<TokenId>& ids) const {
        if (around.empty()) return;
        std::vector<TokenId> out;
        for (const TemplatePiece& piece : around) {
            const std::vector<TokenId>& from = piece.is_text ? ids : piece.ids;
            out.insert(out.end(), from.begin(), from.end());
        }
        ids = std::move(out);
    }

    std::string name;
    Vocabulary vocabulary;
    Normalizer normalizer;
    AddedTokens added;
    PreTokenizer pre_tokenizer;
    Bpe bpe;
    Template around;  // the ids of a text; empty: nothing
    std::optional<std::vector<DecoderStep>> decoder_steps;
    TokenId vocab_size = 0;
};

struct TextStream::State {
    std::shared_ptr<const Tokenizer::Parts> parts;
    bool skip_special;
    Decoder decoder;

    void push(TokenId id) {
        const AddedToken* added = parts->added.find(id);
        if (added && added->special && skip_special) return;
        if (const auto token = parts->token(id)) decoder.push(*token);
    }
};

Tokenizer::Tokenizer(std::shared_ptr<const Parts> parts) : parts_(std::move(parts)) {}

Tokenizer Tokenizer::from_file(const std::filesystem::path& path) {
    const std::string name = path.string();
    const std::string json = naming(name, [&] { return read_small_file(path, max_file_bytes); });
    return from_json(json, name);
}

Tokenizer Tokenizer::from_json(std::string_view json, const std::string& name) {
    return naming(
        name, [&] { return Tokenizer(std::make_shared<Parts>(name, read_tokenizer_spec(json))); });
}

Tokenizer Tokenizer::from_gguf(GgufTokenizer&& gguf, const std::string& name) {
    return naming(name, [&] {
        return Tokenizer(std::make_shared<Parts>(name, tokenizer_spec_of(std::move(gguf))));
    });
}

std::vector<TokenId> Tokenizer::encode(std::string_view text, bool add_special) const {
    return naming(parts_->name, [&] {
        if (text.size() > max_text_bytes) {
            throw ComponentError("a text of " + std::to_string(text.size()) +
                                 " bytes is too long; at most " + std::to_string(max_text_bytes) +
                                 " are taken at once");
        }
        std::vector<TokenId> ids = parts_->encode(make_valid_utf8(text));
        if (add_special) parts_->put_around(ids);
        return ids;
    });
}

std::string Tokenizer::decode(std::span<const TokenId> ids, bool skip_special) const {
    return naming(parts_->name, [&] {
        TextStream::State state{parts_, skip_special,
                                Decoder(parts_->decoder_steps, Decoder::Bytes::whole_runs)};
        for (const TokenId id : ids) state.push(id);
        state.decoder.finish();
        return state.decoder.take();
    });
}

TextStream Tokenizer::stream(bool skip_special) const {
    return TextStream(std::unique_ptr<TextStream::State>(new TextStream::State{
        parts_, skip_special, Decoder(parts_->decoder_steps, Decoder::Bytes::at_once)}));
}

std::optional<TokenId> Tokenizer::token_to_id(std::string_view token) const {
    const auto id = parts_->added.find(token);
    return id ? id : parts_->vocabulary.find(token);
}

std::optional<std::string_view> Tokenizer::id_to_token(TokenId id) const {
    return parts_->token(id);
}

bool Tokenizer::is_special(TokenId id) const {
    const AddedToken* token = parts_->added.find(id);
    return token && token->special;
}

TokenId Tokenizer::vocab_size() const { return parts_->vocab_size; }

void Tokenizer::require_rows(std::int64_t rows) const {
    if (rows >= parts_->vocab_size) return;
    throw TokenizerError(parts_->name, "the tokenizer has ids up to " +
                                           std::to_string(parts_->vocab_size - 1) +
                                           ", but the model has " + std::to_string(rows) +
                                           " embedding rows; the two do not belong together");
}

const std::string& Tokenizer::name() const { return parts_->name; }

TextStream::TextStream(std::unique_ptr<State> state) : state_(std::move(state)) {}
TextStream::TextStream(TextStream&&) noexcept = default;
TextStream& TextStream::operator=(TextStream&&) noexcept = default;
TextStream::~TextStream() = default;

std::string TextStream::push(TokenId id) {
    return naming(state_->parts->name, [&] {
        state_->push(id);
        return state_->decoder.take();
    });
}

std::string TextStream::finish() {
    return naming(state_->parts->name, [&] {
        state_->decoder.finish();
        std::string text = state_->decoder.take();
        state_->decoder = Decoder(state_->parts->decoder_steps, Decoder::Bytes::at_once);
        return text;
    });
}

}  // namespace hekla::text
