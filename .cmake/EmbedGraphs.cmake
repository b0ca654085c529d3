# SPDX-License-Identifier: MIT
# Writes OUT, a C++ file with the text of every graph file in FILES.
set(text "// Made by .cmake/EmbedGraphs.cmake\n#include \"execute/model.hpp\"\n\nnamespace hekla::execute {\n\nstd::span<const BuiltInGraph> built_in_graphs() {\n    static constexpr BuiltInGraph graphs[] = {\n")
foreach(file IN LISTS FILES)
  get_filename_component(name ${file} NAME)
  file(READ ${file} content)
  string(APPEND text "        {\"${name}\", R\"hekla(${content})hekla\"},\n")
endforeach()
string(APPEND text "    };\n    return graphs;\n}\n\n}  // namespace hekla::execute\n")
file(WRITE ${OUT} "${text}")
