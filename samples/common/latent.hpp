// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace hekla::host {

/// What one picture is made from: a vector, or a small picture, of normal numbers; with some models a label too.
struct Latent {
    std::vector<float> values;
    std::int32_t label = 0;
};

/// Picture number `index` of a seed. It does not depend on how many others are made.
Latent random_latent(std::uint64_t seed, std::uint64_t index, std::size_t size);

/// On the arc from a to b at t (0: a, 1: b): Shoemake, Animating Rotation with Quaternion Curves, 1985, with lengths left as they are.
/// Normal vectors of many dimensions lie near a sphere; the straight line between two of them leaves it, the arc does not. Nearly
/// parallel ones are joined by the straight line. The label is a's up to the middle, then b's.
Latent between(const Latent& a, const Latent& b, double t);

/// From each waypoint to the next in `steps` latents, both ends included: (waypoints - 1) * steps of them, row by row.
std::vector<Latent> interpolated(std::span<const Latent> waypoints, std::size_t steps);

}  // namespace hekla::host
