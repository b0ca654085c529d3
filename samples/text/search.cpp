// SPDX-License-Identifier: MIT
#include "search.hpp"

#include "tokenizer_error.hpp"

namespace hekla::text {

Search::Search(const Pattern& pattern) {
    if (pattern.is_regex) {
        regex_.emplace(pattern.text);
    } else {
        needle_ = pattern.text;
    }
}

Search::Run::Run(const Search& search) : needle_(&search.needle_) {
    if (search.regex_) matcher_.emplace(*search.regex_);
}

void Search::Run::find_all(std::string_view text, std::vector<Span>& out) {
    if (matcher_) return matcher_->find_all(text, out);
    for (std::size_t at = text.find(*needle_); at != std::string_view::npos;
         at = text.find(*needle_, at)) {
        out.push_back({at, at + needle_->size()});
        at += needle_->size();
    }
}

std::string replace_all(std::string_view text, const Search& search, std::string_view content,
                        std::size_t max_bytes) {
    std::vector<Span> matches;
    Search::Run(search).find_all(text, matches);
    std::string out;
    std::size_t done = 0;
    for (const Span& match : matches) {
        out += text.substr(done, match.begin - done);
        out += content;
        done = match.end;
        if (out.size() > max_bytes) {
            throw ComponentError("replacing grows the text past " + std::to_string(max_bytes) +
                                 " bytes");
        }
    }
    out += text.substr(done);
    return out;
}

}  // namespace hekla::text
