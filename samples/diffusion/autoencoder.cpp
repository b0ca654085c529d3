// SPDX-License-Identifier: MIT
#include "autoencoder.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <stdexcept>

#include "budget.hpp"
#include "model_ports.hpp"
#include "tiles.hpp"

namespace hekla::diffusion {
namespace {

constexpr std::int64_t smallest_tile = 8;  // latent places

}  // namespace

Autoencoder::Autoencoder(host::Session& session, const host::RunOptions& options, const Part& part,
                         std::int64_t tile)
    : session_(session),
      options_(options),
      part_(part),
      tile_(tile),
      scale_(pixels_per_place(part)),
      scaling_(part.number("scaling_factor", 0.18215)),
      shift_(part.number("shift_factor", 0)),
      tiny_(part.config.value("_class_name", "") == "AutoencoderTiny") {
    if (!(scaling_ > 0)) part.fail("scaling_factor", "must be above 0");
    if (part.length("latents_mean") != 0 || part.length("latents_std") != 0)
        part.fail("latents_mean, latents_std",
                  "means and deviations of single channels are not supported");
}

void Autoencoder::release() {
    for (auto& model : models_) model.reset();
}

Shape Autoencoder::latent_shape(const Field& pictures) const {
    return {pictures.count(), part_.count("latent_channels", 4), pictures.height() / scale_,
            pictures.width() / scale_};
}

ModelDims Autoencoder::tile_dims(const Model& model, std::int64_t height,
                                 std::int64_t width) const {
    return {
        model,
        {{"B", 1}, {"IH", height * scale_}, {"IW", width * scale_}, {"LH", height}, {"LW", width}}};
}

std::int64_t Autoencoder::tile_size(const Model& model, std::int64_t height,
                                    std::int64_t width) const {
    const std::int64_t longest = std::max(height, width);
    if (tile_ > 0) return std::clamp(tile_ / scale_, std::min(smallest_tile, longest), longest);
    const auto fit = [&](std::int64_t size) {
        const ModelDims dims = tile_dims(model, std::min(size, height), std::min(size, width));
        try {
            return host::fits(model, dims.values(), options_);
        } catch (const Failure& e) {
            if (e.result() == HEKLA_OUT_OF_MEMORY || e.result() == HEKLA_UNSUPPORTED ||
                e.result() == HEKLA_LIMIT || e.result() == HEKLA_INVALID_ARGUMENT)
                return false;  // larger than the device binds, or than the graph allows
            throw;
        }
    };
    std::int64_t size = longest;
    while (!fit(size)) {
        if (size <= smallest_tile)
            throw std::runtime_error(
                "not even a tile of " + std::to_string(smallest_tile * scale_) + " x " +
                std::to_string(smallest_tile * scale_) +
                " pixels of the autoencoder fits the memory that may be taken");
        size = std::max(size * 3 / 4, smallest_tile);
    }
    return size;
}

Field Autoencoder::run(Way way, const Field& input) {
    const bool encode = way == Way::encode;
    std::optional<Model>& kept = models_[encode ? 0 : 1];
    const bool first = !kept;
    if (first)
        kept.emplace(session_.load({part_.folder.string(), {}, encode ? "encode" : "decode"}));
    const Model& model = *kept;
    const host::ModelPorts ports(model);
    const char* const in = encode ? "image" : "latent";
    std::vector<const char*> outputs;
    if (!encode)
        outputs = {"image"};
    else if (tiny_)
        outputs = {"latent"};
    else
        outputs = {"mean", "logvar"};
    ports.require_input({in});
    for (const char* name : outputs) ports.require_output({name});

    // The grid counts latent places, for which input and output have `from` and `to` numbers along a side.
    const std::int64_t from = encode ? scale_ : 1, to = encode ? 1 : scale_;
    const std::int64_t height = input.height() / from, width = input.width() / from;
    const TileGrid grid = tile_grid(height, width, tile_size(model, height, width));
    const std::int64_t in_height = grid.tile_height * from, in_width = grid.tile_width * from;
    if (first)
        session_.report().add_memory(
            model.memory(tile_dims(model, grid.tile_height, grid.tile_width).values()));
    if (grid.ys.size() * grid.xs.size() > 1)
        session_.report().set("vae_tile",
                              Shape{grid.tile_height * scale_, grid.tile_width * scale_});

    const host::Stopwatch watch;
    Context context(model);
    std::optional<TileBlend> blend;
    Tensor part;
    for (std::int64_t n = 0; n < input.count(); ++n)
        for (const std::int64_t y : grid.ys)
            for (const std::int64_t x : grid.xs) {
                context.set_input(in, cut_tile(input, grid, n, y, x, from),
                                  {1, input.channels(), in_height, in_width});
                context.run(outputs);
                for (std::size_t i = 0; i < outputs.size(); ++i) {
                    context.read(outputs[i], part);
                    const std::int64_t channels = part.shape.at(1);
                    if (!blend)
                        blend.emplace(Shape{input.count(), channels * std::ssize(outputs),
                                            height * to, width * to},
                                      grid, to);
                    blend->add(part.as<float>(), n, channels * static_cast<std::int64_t>(i), y, x);
                }
            }
    session_.report().add_time(encode ? "encode" : "decode", watch.seconds());
    return blend.value().finish();
}

Field Autoencoder::decode(const Field& latent) {
    Field input = latent;
    for (double& x : input.values) x = x / scaling_ + shift_;
    return run(Way::decode, input);
}

Field Autoencoder::encode(const Field& pictures, const Values& noise) {
    const Field got = run(Way::encode, pictures);
    Field out{latent_shape(pictures), {}};
    if (tiny_) {
        out.values = got.values;
    } else {
        const auto half = static_cast<std::size_t>(out.channels() * out.height() * out.width());
        for (std::size_t n = 0; n < static_cast<std::size_t>(out.count()); ++n)
            for (std::size_t k = 0; k < half; ++k)
                out.values.push_back(got.values[2 * n * half + k] +
                                     std::exp(got.values[(2 * n + 1) * half + k] / 2) *
                                         noise[n * half + k]);
    }
    for (double& x : out.values) x = (x - shift_) * scaling_;
    return out;
}

}  // namespace hekla::diffusion
