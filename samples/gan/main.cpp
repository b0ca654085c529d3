// SPDX-License-Identifier: MIT
//
// hekla-gan: pictures from a generator (DCGAN, conditional, fully connected, StyleGAN2).
#include <stdexcept>

#include "labels.hpp"
#include "latent_decoder.hpp"
#include "picture_output.hpp"

namespace {

using namespace hekla::host;

struct Arguments {
    RunOptions run;
    ModelChoice model;
    std::uint64_t seed = 0;
    std::size_t batch = 0, steps = 0, zoom = 1;
    std::string grid, out = "out.png";
    std::vector<std::string> labels;
    double psi = 0.7;
    bool psi_given = false;
};

/// Labels of the pictures, in turn: those asked for, or every one that the model has.
std::vector<std::int32_t> label_turns(const Arguments& a, const LatentDecoder& generator) {
    if (!generator.takes_labels()) {
        if (!a.labels.empty())
            throw std::runtime_error(
                "--label: this model draws one kind of picture; it takes none");
        return {0};
    }
    const hekla::gan::Labels known{ModelConfig(a.model.checkpoint)};
    std::vector<std::int32_t> out;
    for (const std::string& label : a.labels) out.push_back(known.find(label));
    if (out.empty() && known.count() == 0)
        throw std::runtime_error(
            "the model takes a label, and its config.json does not say how many there are: give "
            "--label");
    for (std::size_t i = 0; out.empty() || (a.labels.empty() && i < known.count()); ++i)
        out.push_back(static_cast<std::int32_t>(i));
    return out;
}

void run(const Arguments& a) {
    SheetLayout layout = a.grid.empty() ? SheetLayout{} : parse_grid(a.grid);
    layout.zoom = a.zoom;
    std::size_t count = a.batch;
    if (a.steps > 0) {
        if (!a.grid.empty())
            throw std::runtime_error(
                "--interpolate has a row for each way and a column for each step: leave --grid "
                "out");
        if (count == 0) count = 4;
        if (count < 2)
            throw std::runtime_error("--interpolate needs --batch 2 or more, to go between");
    } else if (count == 0) {
        count = a.grid.empty() ? 16 : layout.rows * layout.columns;
    }
    fitted(layout, count);
    const PictureOutput output(a.out);

    Report report(a.run);
    Session session(a.run, report);
    LatentDecoder generator(session, a.model);
    if (a.psi_given && !generator.takes_psi())
        throw std::runtime_error("--psi: this model knows no truncation");
    std::vector<std::int64_t> sizes;
    std::size_t each = 1;
    for (const PortSize& size : generator.latent_sizes()) {
        if (!size.number)
            throw std::runtime_error("this model's latent has no fixed size (" + size.text +
                                     "): it is no generator");
        sizes.push_back(*size.number);
        each *= static_cast<std::size_t>(*size.number);
    }
    const auto turns = label_turns(a, generator);
    std::vector<Latent> latents;
    for (std::size_t i = 0; i < count; ++i) {
        latents.push_back(random_latent(a.seed, i, each));
        latents.back().label = turns[i % turns.size()];
    }
    if (a.steps > 0) {
        layout.rows = count - 1;
        layout.columns = a.steps;
        latents = interpolated(latents, a.steps);
        // Frames follow each other: where one way ends and the next begins, a sheet shows the picture twice, a film once.
        for (std::size_t way = layout.rows - 1; output.is_folder() && way > 0; --way)
            latents.erase(latents.begin() + static_cast<std::ptrdiff_t>(way * a.steps));
    }
    const ValueRange range = ModelConfig(a.model.checkpoint).output_range(signed_range);
    const std::vector<Image> images =
        generator.draw(latents, sizes, range, static_cast<float>(a.psi));
    output.write(images, layout, a.run, report);

    report.set("seed", a.seed);
    report.set("pictures", images.size());
    report.set("width", images[0].width);
    report.set("height", images[0].height);
    if (generator.takes_psi()) report.set("psi", a.psi);
    report.finish();
}

}  // namespace

int main(int argc, char** argv) {
    Arguments a;
    CLI::App app{"Draws pictures with a GAN's generator on any Vulkan device.", "hekla-gan"};
    app.add_option("--model", a.model.checkpoint,
                   "Checkpoint folder (config.json, model.safetensors), or its weight file")
        ->required();
    app.add_option("--graph", a.model.graph,
                   "Graph file; left out: found by the checkpoint's own config")
        ->check(CLI::ExistingFile);
    app.add_option("--seed", a.seed, "Same seed, same device: same pictures")
        ->capture_default_str();
    app.add_option("--batch", a.batch, "How many pictures; left out: what the grid holds, or 16")
        ->check(CLI::Range(1, 100'000));
    app.add_option("--grid", a.grid, "Rows x columns of the contact sheet, e.g. 4x8");
    app.add_option("--label", a.labels,
                   "What to draw, by number or name, with commas between: one after the other in "
                   "turn; left out: every one in turn")
        ->delimiter(',');
    app.add_option(
           "--psi", a.psi,
           "StyleGAN2's truncation: 1 none, 0 the average picture; smaller is safer and duller")
        ->capture_default_str()
        ->check(CLI::Range(-2.0, 2.0));
    app.add_option(
           "--interpolate", a.steps,
           "From each picture of the batch to the next in this many pictures, ends included: "
           "a row of the sheet each; with a folder as -o, frames")
        ->check(CLI::Range(2, 10'000));
    app.add_option("--zoom", a.zoom, "Each pixel becomes N by N")
        ->check(CLI::Range(1, 64))
        ->capture_default_str();
    app.add_option(
           "-o,--output", a.out,
           "PNG file: the picture, or the contact sheet; or a folder (ends in /): a file each")
        ->capture_default_str();
    add_run_options(app, a.run);
    return run_host(app, a.run, argc, argv, [&] {
        a.psi_given = app.count("--psi") > 0;
        run(a);
    });
}
