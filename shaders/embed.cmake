# SPDX-License-Identifier: MIT
# cmake -DOUTPUT=embedded.cpp "-DSPIRV=a.spv;b.spv" "-DENTRIES=a.yaml;b.yaml" -P embed.cmake
# Writes the C++ file that holds them (runtime/ops/shaders.hpp).
cmake_minimum_required(VERSION 3.25)
list(SORT SPIRV COMPARE STRING)
list(SORT ENTRIES COMPARE STRING)

set(arrays "")
set(shader_rows "")
foreach(file IN LISTS SPIRV)
  cmake_path(GET file STEM name)
  file(READ ${file} hex HEX)
  # SPIR-V files are little-endian words.
  string(REGEX REPLACE "(..)(..)(..)(..)" "0x\\4\\3\\2\\1," words "${hex}")
  string(APPEND arrays "constexpr std::uint32_t spirv_${name}[] = {${words}};\n")
  string(APPEND shader_rows "    {\"${name}\", spirv_${name}},\n")
endforeach()

set(entry_rows "")
foreach(file IN LISTS ENTRIES)
  cmake_path(GET file STEM name)
  file(READ ${file} text)
  string(APPEND entry_rows "    {\"${name}\", R\"entry(${text})entry\"},\n")
endforeach()

file(WRITE ${OUTPUT} "// Made by shaders/embed.cmake.
#include \"ops/shaders.hpp\"

#include <algorithm>
#include <string>

namespace hekla::ops {
namespace {

${arrays}
constexpr EmbeddedShader shaders[] = {
${shader_rows}};

constexpr EmbeddedEntry entries[] = {
${entry_rows}};

}  // namespace

std::span<const EmbeddedEntry> embedded_entries() { return entries; }
std::span<const EmbeddedShader> embedded_shaders() { return shaders; }

std::span<const std::uint32_t> find_shader(std::string_view name) {
    const auto* at = std::ranges::find(shaders, name, &EmbeddedShader::name);
    return at == std::end(shaders) ? std::span<const std::uint32_t>() : at->spirv;
}

bool has_twin(std::string_view name) { return !find_twin(name).empty(); }
std::span<const std::uint32_t> find_twin(std::string_view name) {
    return find_shader(std::string(name).append(twin_suffix));
}

}  // namespace hekla::ops
")
