// SPDX-License-Identifier: MIT
//
// hekla-vae: pictures through an autoencoder, and from its latents.
#include <charconv>
#include <filesystem>
#include <stdexcept>

#include "encoder.hpp"
#include "latent_decoder.hpp"
#include "picture_output.hpp"
#include "png.hpp"

namespace {

using namespace hekla::host;
using hekla::vae::Encoded;
using hekla::vae::Encoder;

struct Arguments {
    RunOptions run;
    ModelChoice model;
    std::string work;
    std::vector<std::string> pictures;
    std::uint64_t seed = 0;
    std::size_t batch = 0, steps = 8, zoom = 1;
    std::string grid, size, out = "out.png";
};

/// A latent's sizes, and the pictures' where those are cut out of what the model gives.
struct Sizes {
    std::vector<std::int64_t> latent;
    std::size_t width = 0, height = 0;  // 0: as they come
};

struct Host {
    const Arguments& arguments;
    Session& session;
    LatentDecoder& decoder;
    ModelConfig config;
    ValueRange usual;  // of pictures, where config.json says nothing

    std::vector<Image> draw(const std::vector<Latent>& latents, const Sizes& sizes) {
        std::vector<Image> out = decoder.draw(latents, sizes.latent, config.output_range(usual));
        if (sizes.width > 0)
            for (Image& image : out) image = crop(image, 0, 0, sizes.width, sizes.height);
        return out;
    }
};

/// The pictures as the model sees them, and what they are to it.
struct Seen {
    std::vector<Image> images;
    std::vector<Encoded> encoded;
};

Seen encode(Host& host, const std::vector<Image>& pictures) {
    Encoder encoder(host.session, host.arguments.model, host.decoder.pixels_each());
    const ValueRange range = host.config.input_range(host.usual);
    Seen out;
    for (const Image& picture : pictures) {
        out.images.push_back(encoder.prepared(picture));
        out.encoded.push_back(encoder.encode(out.images.back(), range));
    }
    return out;
}

Sizes sizes_of(const Seen& seen, std::size_t i) {
    return {seen.encoded[i].sizes, seen.images[i].width, seen.images[i].height};
}

/// For pictures out of nothing: the model's own size, or --size.
Sizes asked_sizes(Host& host) {
    Sizes out;
    std::size_t wanted[2] = {256, 256};  // width, height
    const std::string& text = host.arguments.size;
    if (!text.empty()) {
        const std::size_t cross = std::min(text.find('x'), text.size());
        const std::string parts[2] = {text.substr(0, cross),
                                      text.substr(std::min(cross + 1, text.size()))};
        for (int i = 0; i < 2; ++i) {
            const char* end = parts[i].data() + parts[i].size();
            const auto [stop, error] = std::from_chars(parts[i].data(), end, wanted[i]);
            if (error != std::errc() || stop != end || wanted[i] == 0 || wanted[i] > 1 << 15)
                throw std::runtime_error(
                    "`" + text + "` is no size; write width x height in pixels, e.g. 256x192");
        }
    }
    const auto& latent = host.decoder.latent_sizes();
    bool free = false;
    for (std::size_t i = 0; i < latent.size(); ++i) {
        const auto pixels = static_cast<std::int64_t>(wanted[i == 1]);
        free = free || !latent[i].number;
        out.latent.push_back(latent[i].number.value_or((pixels + host.decoder.pixels_each() - 1) /
                                                       host.decoder.pixels_each()));
    }
    if (!free && !text.empty())
        throw std::runtime_error("--size: this model's pictures have one size");
    if (free) {
        if (latent.size() != 3 || latent[1].number || latent[2].number)
            throw std::runtime_error("this model's latent is no small picture [C, H, W]");
        out.width = wanted[0];
        out.height = wanted[1];
    }
    return out;
}

/// Latents of the seed. Models of diffusion hold theirs `scaling_factor` times smaller than normal numbers.
std::vector<Latent> random_latents(const Host& host, const Sizes& sizes, std::size_t count) {
    std::size_t each = 1;
    for (const std::int64_t size : sizes.latent) each *= static_cast<std::size_t>(size);
    const auto& document = host.config.document();
    const auto factor = document.find("scaling_factor");
    const float scale = factor != document.end() && factor->is_number() ? factor->get<float>() : 1;
    std::vector<Latent> out;
    for (std::size_t i = 0; i < count; ++i) {
        out.push_back(random_latent(host.arguments.seed, i, each));
        for (float& value : out.back().values) value /= scale;
    }
    return out;
}

/// Each picture beside what the model makes of it; into a folder, the latter alone.
std::vector<Image> reconstruct(Host& host, const std::vector<Image>& pictures, bool beside) {
    const Seen seen = encode(host, pictures);
    std::vector<Image> out;
    for (std::size_t i = 0; i < pictures.size(); ++i) {
        if (beside) out.push_back(seen.images[i]);
        out.push_back(host.draw({seen.encoded[i].latent}, sizes_of(seen, i))[0]);
    }
    return out;
}

/// From each waypoint to the next: pictures, or latents of the seed.
std::vector<Image> interpolate(Host& host, const std::vector<Image>& pictures, std::size_t count) {
    std::vector<Latent> waypoints;
    Sizes sizes;
    if (pictures.empty()) {
        sizes = asked_sizes(host);
        waypoints = random_latents(host, sizes, count);
    } else {
        const Seen seen = encode(host, pictures);
        sizes = sizes_of(seen, 0);
        for (std::size_t i = 0; i < pictures.size(); ++i) {
            if (seen.encoded[i].sizes != sizes.latent || seen.images[i].width != sizes.width ||
                seen.images[i].height != sizes.height)
                throw std::runtime_error(
                    host.arguments.pictures[i] + " is " + seen.images[i].size_text() + " and " +
                    host.arguments.pictures[0] + " " + seen.images[0].size_text() +
                    ": there is a way between pictures of one size only");
            waypoints.push_back(seen.encoded[i].latent);
        }
    }
    return host.draw(interpolated(waypoints, host.arguments.steps), sizes);
}

void run(const Arguments& a) {
    SheetLayout layout = a.grid.empty() ? SheetLayout{} : parse_grid(a.grid);
    layout.zoom = a.zoom;
    const bool sampling = a.work == "sample", rebuilding = a.work == "reconstruct";
    if (sampling && !a.pictures.empty())
        throw std::runtime_error("sample makes pictures out of nothing: name none");
    if (rebuilding && a.pictures.empty())
        throw std::runtime_error("name the pictures to reconstruct");
    if (!sampling && !a.grid.empty())
        throw std::runtime_error("--grid is for sample; " + a.work + " has its own rows");
    if (!sampling && !rebuilding && a.pictures.size() == 1)
        throw std::runtime_error("interpolate needs two pictures or more, or none");
    const std::size_t count = a.batch > 0      ? a.batch
                              : !sampling      ? 4
                              : a.grid.empty() ? 16
                                               : layout.rows * layout.columns;
    if (sampling) fitted(layout, count);
    const PictureOutput output(a.out);
    std::vector<Image> pictures;  // bad files are told before a model is loaded
    for (const std::string& path : a.pictures) pictures.push_back(read_png(path));

    Report report(a.run);
    Session session(a.run, report);
    ModelChoice choice = a.model;
    choice.entry = "decode";
    LatentDecoder decoder(session, choice);
    // A latent vector: decoders ending in a sigmoid. A small picture: diffusion's, on -1 to 1.
    Host host{a, session, decoder, ModelConfig(a.model.checkpoint),
              decoder.latent_sizes().size() == 1 ? unit_range : signed_range};
    std::vector<Image> images;
    if (sampling) {
        const Sizes sizes = asked_sizes(host);
        images = host.draw(random_latents(host, sizes, count), sizes);
    } else if (rebuilding) {
        images = reconstruct(host, pictures, !output.is_folder());
        layout.columns = 2;
        layout.rows = pictures.size();
    } else {
        images = interpolate(host, pictures, count);
        layout.columns = a.steps;
        layout.rows = images.size() / a.steps;
    }
    output.write(images, layout, a.run, report);
    report.set("seed", a.seed);
    report.set("pictures", images.size());
    report.set("width", images[0].width);
    report.set("height", images[0].height);
    report.finish();
}

}  // namespace

int main(int argc, char** argv) {
    Arguments a;
    CLI::App app{
        "Reconstructs, samples and interpolates pictures with an autoencoder on any Vulkan device.",
        "hekla-vae"};
    app.add_option("work", a.work, "reconstruct, sample or interpolate")
        ->required()
        ->check(CLI::IsMember({"reconstruct", "sample", "interpolate"}));
    app.add_option("pictures", a.pictures,
                   "PNG files to reconstruct, or to go between; without any, interpolate goes "
                   "between latents of the seed");
    app.add_option("--model", a.model.checkpoint,
                   "Checkpoint folder (config.json, model.safetensors), or its weight file")
        ->required();
    app.add_option("--graph", a.model.graph,
                   "Graph file with the entries encode and decode; left out: found by the "
                   "checkpoint's own config")
        ->check(CLI::ExistingFile);
    app.add_option("--seed", a.seed, "Same seed, same device: same pictures")
        ->capture_default_str();
    app.add_option("--batch", a.batch,
                   "How many pictures to sample (left out: what the grid holds, or 16), or latents "
                   "to go between (4)")
        ->check(CLI::Range(1, 100'000));
    app.add_option("--grid", a.grid, "Rows x columns of the contact sheet of samples, e.g. 4x8");
    app.add_option("--steps", a.steps, "Pictures from one to the next, ends included")
        ->check(CLI::Range(2, 10'000))
        ->capture_default_str();
    app.add_option(
        "--size", a.size,
        "Width x height of samples, where the model leaves them free; left out: 256x256");
    app.add_option("--zoom", a.zoom, "Each pixel becomes N by N")
        ->check(CLI::Range(1, 64))
        ->capture_default_str();
    app.add_option("-o,--output", a.out,
                   "PNG file: the contact sheet; or a folder (ends in /): a file each")
        ->capture_default_str();
    add_run_options(app, a.run);
    return run_host(app, a.run, argc, argv, [&] { run(a); });
}
