// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <initializer_list>
#include <vector>

namespace hekla::diffusion {

/// A latent as flat numbers. Samplers compute in double and do not care about its shape.
using Values = std::vector<double>;

struct Term {
    double factor;
    const Values& values;
};

/// The sum of factor * values; all of one length.
inline Values combine(std::initializer_list<Term> terms) {
    Values out(terms.begin()->values.size());
    for (const Term& term : terms)
        for (std::size_t i = 0; i < out.size(); ++i) out[i] += term.factor * term.values[i];
    return out;
}

}  // namespace hekla::diffusion
