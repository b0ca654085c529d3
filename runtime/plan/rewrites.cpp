// SPDX-License-Identifier: MIT
//
// Rewrites: each finds a pattern of nodes and puts one internal op in its place. The arithmetic stays the same; a dispatch and a pass
// over memory are saved. Every one has a test that results agree and that the dispatch count fell (tests/plan/rewrites_test.cpp).
#include "plan/rewriting.hpp"

namespace hekla::plan {

void rewrite(Draft& draft) {
    rewrite_attention(draft);
    rewrite_linear(draft);
    rewrite_pads(draft);
    rewrite_convolve(draft);
    rewrite_norms(draft);
    rewrite_chains(draft);  // what no kernel's epilogue took
}

}  // namespace hekla::plan
