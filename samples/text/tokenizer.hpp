// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tokenizer_error.hpp"

namespace hekla::text {

/// Position in a vocabulary, 0 .. 2^31 - 2.
using TokenId = std::int32_t;

class TextStream;
struct GgufTokenizer;

/// Text to token ids and back, as a Hugging Face `tokenizer.json` says: BPE over bytes (GPT-2,
/// Llama 3, Qwen) and SentencePiece-style BPE (Llama, Mistral). The README beside this file lists
/// what is supported; a file with anything else is refused by name, never read approximately.
///
/// Immutable: one object serves any number of threads. Copies share their data.
class Tokenizer {
  public:
    /// Reads a tokenizer.json. Throws TokenizerError: not a regular file, too large, not JSON, not
    /// supported, or parts that do not fit each other.
    static Tokenizer from_file(const std::filesystem::path& path);
    /// The same for text in memory; `name` stands for the file in errors.
    static Tokenizer from_json(std::string_view json, const std::string& name = "tokenizer.json");
    /// The tokenizer that a GGUF file carries (gguf_tokenizer.hpp); `name` is the file's.
    static Tokenizer from_gguf(GgufTokenizer&& gguf, const std::string& name);

    /// The ids of `text`. `add_special` adds what the file's post-processor puts around a text
    /// (`<s>`, ...). Added tokens in the text, special ones too, become their ids wherever they
    /// stand.
    ///
    /// Text should be UTF-8; each ill-formed part (a maximal subpart in Unicode's sense) counts as
    /// U+FFFD, in every kind of tokenizer. Throws TokenizerError for a text of more than
    /// max_text_bytes, or one on which an expression of the file needs too many steps.
    std::vector<TokenId> encode(std::string_view text, bool add_special) const;

    /// The text of `ids`, valid UTF-8. `skip_special` leaves out special tokens. Ids without a
    /// token (models have more rows than their tokenizer has tokens) give nothing.
    std::string decode(std::span<const TokenId> ids, bool skip_special = true) const;

    /// A decoder that is given one id after the other.
    TextStream stream(bool skip_special = true) const;

    std::optional<TokenId> token_to_id(std::string_view token) const;
    /// The token as the file spells it (`Ġthe`, `▁the`, `<0x0A>`); absent for ids without one.
    /// Lives as long as the last copy of this tokenizer.
    std::optional<std::string_view> id_to_token(TokenId id) const;
    bool is_special(TokenId id) const;

    /// The largest id plus one: how many rows an embedding needs.
    TokenId vocab_size() const;
    /// Throws TokenizerError if a model with so many embedding rows could be given ids that it does
    /// not have. Fewer tokens than rows are usual (padded vocabularies).
    void require_rows(std::int64_t rows) const;

    /// The path or name it was read from.
    const std::string& name() const;

    static constexpr std::size_t max_text_bytes = std::size_t{64} << 20;
    static constexpr std::size_t max_file_bytes = std::size_t{256} << 20;

  private:
    friend class TextStream;
    struct Parts;
    explicit Tokenizer(std::shared_ptr<const Parts> parts);
    std::shared_ptr<const Parts> parts_;
};

/// Text of tokens as they come. Only whole characters come out; bytes of one that is not finished,
/// and what may still be replaced, are held back. All pieces together are what Tokenizer::decode
/// gives, with one exception: where byte tokens (`<0xE6>`) do not form UTF-8, decode makes their
/// whole run U+FFFD, a stream has shown its good part already.
class TextStream {
  public:
    TextStream(TextStream&&) noexcept;
    TextStream& operator=(TextStream&&) noexcept;
    ~TextStream();

    /// What comes out by this token; often nothing.
    std::string push(TokenId id);
    /// What was held back. Afterwards the stream is as new.
    std::string finish();

  private:
    friend class Tokenizer;
    struct State;
    explicit TextStream(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace hekla::text
