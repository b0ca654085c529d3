// SPDX-License-Identifier: MIT
#pragma once

#include "base/source.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

/// The files of graphs/ and tests/graph/wrong/.
namespace hekla::test {

inline std::string read_text(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) throw std::runtime_error("cannot read " + path.string());
    return {std::istreambuf_iterator<char>(file), {}};
}

/// The file under its bare name, as the messages of MESSAGES.txt have it.
inline SourcePtr load(const std::filesystem::path& path) {
    return std::make_shared<const Source>(path.filename().string(), read_text(path));
}

inline SourcePtr text_source(std::string text) {
    return std::make_shared<const Source>("test.yaml", std::move(text));
}

inline std::vector<std::filesystem::path> good_graphs() {
    std::vector<std::filesystem::path> paths;
    for (const auto& item : std::filesystem::directory_iterator(HEKLA_SOURCE_DIR "/graphs"))
        if (item.path().extension() == ".yaml") paths.push_back(item.path());
    std::sort(paths.begin(), paths.end());
    return paths;
}

inline std::filesystem::path wrong_graph(const std::string& name) {
    return std::filesystem::path(HEKLA_TEST_DATA) / "graph/wrong" / (name + ".hekla.yaml");
}

/// MESSAGES.txt: name of the wrong file -> its message, without the empty lines around it.
inline std::map<std::string, std::string> expected_messages() {
    std::map<std::string, std::string> messages;
    const std::string text =
        read_text(std::filesystem::path(HEKLA_TEST_DATA) / "graph/wrong/MESSAGES.txt");
    for (std::size_t at = text.find("### "); at != std::string::npos;) {
        const std::size_t line_end = text.find('\n', at);
        const std::size_t next = text.find("\n### ", line_end);
        std::string body =
            text.substr(line_end + 1, next == std::string::npos ? next : next - line_end);
        while (!body.empty() && body.back() == '\n') body.pop_back();
        messages[text.substr(at + 4, line_end - at - 4)] = body + "\n";
        at = next == std::string::npos ? next : next + 1;
    }
    return messages;
}

}  // namespace hekla::test
