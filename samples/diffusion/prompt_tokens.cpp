// SPDX-License-Identifier: MIT
#include "prompt_tokens.hpp"

#include <cstdio>
#include <nlohmann/json.hpp>
#include <sstream>
#include <stdexcept>

#include "files.hpp"

namespace hekla::diffusion {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr const char* start_of_text = "<|startoftext|>";
constexpr const char* end_of_text = "<|endoftext|>";

json added_token(std::int64_t id, const char* content) {
    return {{"id", id},        {"content", content},  {"single_word", false}, {"lstrip", false},
            {"rstrip", false}, {"normalized", false}, {"special", true}};
}

/// vocab.json and merges.txt as the tokenizer.json that says the same (Radford et al. 2021, arXiv 2103.00020: lower case, byte-level
/// BPE in which a word's last piece ends in </w>).
std::string as_tokenizer_json(const fs::path& folder) {
    const json vocab = json::parse(
        host::read_file(folder / "vocab.json", text::Tokenizer::max_file_bytes), nullptr, false);
    if (!vocab.is_object())
        throw std::runtime_error((folder / "vocab.json").string() + " is not a JSON object");
    json added = json::array();
    for (const char* token : {start_of_text, end_of_text}) {
        const auto at = vocab.find(token);
        if (at == vocab.end() || !at->is_number_integer())
            throw std::runtime_error((folder / "vocab.json").string() + " has no token " + token);
        added.push_back(added_token(at->get<std::int64_t>(), token));
    }
    json merges = json::array();
    std::istringstream lines(
        host::read_file(folder / "merges.txt", text::Tokenizer::max_file_bytes));
    for (std::string line; std::getline(lines, line);) {
        if (!line.empty() && line.back() == '\r') line.pop_back();
        const std::size_t space = line.find(' ');
        if (line.starts_with("#version") || space == std::string::npos) continue;
        merges.push_back({line.substr(0, space), line.substr(space + 1)});
    }
    const json lower = {{"type", "Sequence"},
                        {"normalizers",
                         {{{"type", "NFC"}},
                          {{"type", "Replace"}, {"pattern", {{"Regex", "\\s+"}}}, {"content", " "}},
                          {{"type", "Lowercase"}}}}};
    const json words = {
        {"type", "Sequence"},
        {"pretokenizers",
         {{{"type", "Split"},
           {"pattern",
            {{"Regex",
              "<\\|startoftext\\|>|<\\|endoftext\\|>|'s|'t|'re|'ve|'m|'ll|'d|[\\p{L}]+|[\\p{N}]|[^"
              "\\s\\p{L}\\p{N}]+"}}},
           {"behavior", "Removed"},
           {"invert", true}},
          {{"type", "ByteLevel"}, {"add_prefix_space", false}, {"trim_offsets", true}}}}};
    const json spaces = {
        {"type", "Sequence"},
        {"decoders",
         {{{"type", "ByteLevel"}},
          {{"type", "Replace"}, {"pattern", {{"String", "</w>"}}}, {"content", " "}}}}};
    return json{{"version", "1.0"},
                {"added_tokens", added},
                {"normalizer", lower},
                {"pre_tokenizer", words},
                {"decoder", spaces},
                {"model",
                 {{"type", "BPE"},
                  {"unk_token", end_of_text},
                  {"continuing_subword_prefix", ""},
                  {"end_of_word_suffix", "</w>"},
                  {"vocab", vocab},
                  {"merges", merges}}}}
        .dump();
}

text::Tokenizer open_tokenizer(const fs::path& folder) {
    if (fs::exists(folder / "tokenizer.json"))
        return text::Tokenizer::from_file(folder / "tokenizer.json");
    for (const char* name : {"vocab.json", "merges.txt"})
        if (!fs::exists(folder / name))
            throw std::runtime_error(folder.string() +
                                     " is no tokenizer: it has neither tokenizer.json nor both "
                                     "vocab.json and merges.txt");
    return text::Tokenizer::from_json(as_tokenizer_json(folder), (folder / "vocab.json").string());
}

/// The token for a role ("pad_token"), as the folder's files name it.
std::string special_token(const fs::path& folder, const char* role, const char* otherwise) {
    for (const char* name : {"special_tokens_map.json", "tokenizer_config.json"}) {
        if (!fs::exists(folder / name)) continue;
        const json file = json::parse(
            host::read_file(folder / name, text::Tokenizer::max_file_bytes), nullptr, false);
        if (!file.is_object())
            throw std::runtime_error((folder / name).string() + " is not a JSON object");
        const auto at = file.find(role);
        if (at == file.end()) continue;
        if (at->is_string()) return at->get<std::string>();
        if (at->is_object() && at->contains("content") && (*at)["content"].is_string())
            return (*at)["content"].get<std::string>();
    }
    return otherwise;
}

}  // namespace

PromptTokens::PromptTokens(const fs::path& folder, std::size_t places)
    : tokenizer_(open_tokenizer(folder)), places_(places) {
    const auto id = [&](const char* role, const char* otherwise) {
        const std::string token = special_token(folder, role, otherwise);
        if (const auto found = tokenizer_.token_to_id(token)) return *found;
        throw std::runtime_error(folder.string() + ": the " + role + " `" + token +
                                 "` is not in the vocabulary");
    };
    start_ = id("bos_token", start_of_text);
    end_ = id("eos_token", end_of_text);
    padding_ = id("pad_token", end_of_text);
    if (places_ < 2) throw std::runtime_error("a text encoder needs at least 2 places");
}

std::vector<std::int32_t> PromptTokens::encode(const std::string& text) const {
    std::vector<text::TokenId> ids = tokenizer_.encode(text, false);
    if (const std::size_t room = places_ - 2; ids.size() > room) {
        std::string rest = tokenizer_.decode(
            std::span(ids).subspan(room, std::min<std::size_t>(ids.size() - room, 12)));
        std::fprintf(stderr,
                     "hekla-diffusion: the prompt has %zu tokens, the text encoder reads %zu: all "
                     "from \"%s%s\" on is left out\n",
                     ids.size(), room, rest.c_str(), ids.size() - room > 12 ? "..." : "");
        ids.resize(room);
    }
    std::vector<std::int32_t> out{start_};
    out.insert(out.end(), ids.begin(), ids.end());
    out.push_back(end_);
    out.resize(places_, padding_);
    return out;
}

}  // namespace hekla::diffusion
