// SPDX-License-Identifier: MIT
//
// hekla-image: pictures of any size through a model that upscales or styles them.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <stdexcept>

#include "contact_sheet.hpp"
#include "files.hpp"
#include "model_config.hpp"
#include "png.hpp"
#include "progress.hpp"
#include "tiled.hpp"

namespace {

using namespace hekla::host;
using namespace hekla::image;

struct Arguments {
    RunOptions run;
    ModelChoice model;
    std::vector<std::string> in;
    std::string out, compare;
    TileSettings tiles;
};

/// What a host needs to send pictures through a model.
struct Host {
    const Arguments& arguments;
    Report& report;
    PictureFilter& filter;
    ValueRange in_range, out_range;
};

/// A picture with the model's number of channels.
Image run_planes(Host& host, const Image& image) {
    PictureFilter& filter = host.filter;
    const Stopwatch watch;
    const Pictures tensor = to_tensor(image, host.in_range);
    const Tiling tiling =
        plan_tiles(filter, tensor.height, tensor.width, host.arguments.tiles, host.in_range);
    if (tiling.blend)
        std::fprintf(
            stderr,
            "hekla-image: warning: this model looks at the whole picture (its norms count "
            "every pixel) and here sees tiles of %lldx%lld, blended into each other: tones may "
            "differ from what a whole run would give\n",
            static_cast<long long>(tiling.window_width),
            static_cast<long long>(tiling.window_height));
    host.report.add_memory(filter.memory(tiling.window_height, tiling.window_width), "tile");
    host.report.set("tile", {{"width", tiling.window_width},
                             {"height", tiling.window_height},
                             {"overlap", tiling.whole() ? 0 : tiling.overlap},
                             {"blended", tiling.blend && !tiling.whole()}});
    Image out;
    out.width = image.width * static_cast<std::size_t>(filter.scale());
    out.height = image.height * static_cast<std::size_t>(filter.scale());
    out.channels = image.channels;
    out.pixels.reserve(out.size_bytes());
    std::optional<Progress> progress;
    run_tiled(
        filter, tensor, tiling,
        [&](const Pictures& strip) {
            const Image rows = to_images(strip, host.out_range)[0];
            out.pixels.insert(out.pixels.end(), rows.pixels.begin(), rows.pixels.end());
        },
        [&](std::size_t done, std::size_t total) {
            if (!progress) progress.emplace("tiles", total, host.arguments.run.quiet);
            progress->show(done);
        });
    host.report.add_time("picture", watch.seconds());
    return out;
}

/// A gray or RGB picture, whatever the model takes: a model of one channel gets each colour alone.
Image run_colours(Host& host, const Image& image) {
    const auto channels = static_cast<std::size_t>(host.filter.channels());
    if (image.channels == channels) return run_planes(host, image);
    if (channels == 3) {
        const Image out = run_planes(host, to_rgb(image));
        return host.filter.upscales() ? to_gray(out) : out;  // a style may bring colours
    }
    Image out;
    for (std::size_t c = 0; c < image.channels; ++c) {
        Image plane = Image::filled(image.width, image.height, 1, 0);
        for (std::size_t i = 0; i < plane.pixels.size(); ++i)
            plane.pixels[i] = image.pixels[i * image.channels + c];
        const Image done = run_planes(host, plane);
        if (c == 0) out = Image::filled(done.width, done.height, image.channels, 0);
        for (std::size_t i = 0; i < done.pixels.size(); ++i)
            out.pixels[i * image.channels + c] = done.pixels[i];
    }
    return out;
}

Image run_picture(Host& host, const Image& image) {
    const Image colours = run_colours(host, without_alpha(image));
    if (!image.has_alpha()) return colours;
    const Image alpha = alpha_of(image);
    const auto [low, high] = std::minmax_element(alpha.pixels.begin(), alpha.pixels.end());
    if (*low == *high)
        return with_alpha(colours, Image::filled(colours.width, colours.height, 1, *low));
    return with_alpha(colours, host.filter.upscales()
                                   ? to_gray(run_colours(host, alpha))
                                   : resized(alpha, colours.width, colours.height));
}

/// Before, as large as after, and after.
Image comparison(const Image& before, const Image& after) {
    const Image images[] = {resized(before, after.width, after.height), after};
    return contact_sheet(images, {.rows = 1, .columns = 2, .gap = 4});
}

void run(const Arguments& a) {
    const bool folder = a.out.ends_with('/') || std::filesystem::is_directory(a.out);
    if (!folder && a.in.size() > 1)
        throw std::runtime_error("several pictures need a folder as -o");
    if (!a.compare.empty() && a.in.size() > 1)
        throw std::runtime_error("--compare shows one picture, before and after");
    if (folder) std::filesystem::create_directories(a.out);
    const auto target = [&](const std::string& in) {
        return folder
                   ? (std::filesystem::path(a.out) / std::filesystem::path(in).filename()).string()
                   : a.out;
    };
    for (const std::string& in : a.in) {
        if (std::filesystem::path(in).filename().empty())
            throw std::runtime_error(in + ": this names a folder");
        std::error_code none;
        if (std::filesystem::equivalent(in, target(in), none))
            throw std::runtime_error(in + " would be overwritten by what is made of it");
        require_writable(target(in));
    }
    if (!a.compare.empty()) require_writable(a.compare);
    const Image first = read_png(a.in[0]);  // a bad file is told before a model is loaded

    Report report(a.run);
    Session session(a.run, report);
    PictureFilter filter(session, a.model);
    const ModelConfig config(a.model.checkpoint);
    // Published upscalers work on 0 to 1, published style nets (Johnson et al.) on 0 to 255.
    const ValueRange usual = filter.upscales() ? unit_range : ValueRange{0, 255};
    Host host{a, report, filter, config.input_range(usual), config.output_range(usual)};
    const PngText text = {{"Software", a.run.recipe}};
    for (const std::string& in : a.in) {
        const Image before = in == a.in[0] ? first : read_png(in);
        const auto scale = static_cast<std::size_t>(filter.scale());
        if (before.width * scale > max_pixels / (before.height * scale))
            throw std::runtime_error(in + ": " + std::to_string(scale) + " times " +
                                     before.size_text() + " is too large to be written");
        const Image after = run_picture(host, before);
        write_png(target(in), after, text);
        report.add_output(target(in));
        if (!a.compare.empty()) {
            write_png(a.compare, comparison(before, after), text);
            report.add_output(a.compare);
        }
        report.set("width", after.width);
        report.set("height", after.height);
    }
    report.set("scale", filter.scale());
    report.finish();
}

}  // namespace

int main(int argc, char** argv) {
    Arguments a;
    CLI::App app{
        "Upscales or styles pictures of any size with a model (RRDBNet, SRVGG, fast style nets) on "
        "any Vulkan device.",
        "hekla-image"};
    app.add_option("pictures", a.in, "PNG files")->required();
    app.add_option("--model", a.model.checkpoint,
                   "Checkpoint folder (config.json, model.safetensors), or its weight file")
        ->required();
    app.add_option("--graph", a.model.graph,
                   "Graph file; left out: found by the checkpoint's own config")
        ->check(CLI::ExistingFile);
    app.add_option("-o,--output", a.out,
                   "PNG file; or a folder (ends in /) for pictures of the same names")
        ->required();
    app.add_option("--compare", a.compare,
                   "Another PNG file: the picture before and after, side by side");
    app.add_option(
           "--tile", a.tiles.side,
           "Longest side of what the model sees at once, in pixels of the picture; left out: by "
           "the memory there is, 512 at most")
        ->check(CLI::Range(1, 1 << 20));
    app.add_option(
           "--overlap", a.tiles.overlap,
           "Pixels on each side of a tile that are seen and not kept; left out: measured, as "
           "far as a cut shows")
        ->check(CLI::Range(0, 1 << 16));
    add_run_options(app, a.run);
    return run_host(app, a.run, argc, argv, [&] { run(a); });
}
