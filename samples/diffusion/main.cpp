// SPDX-License-Identifier: MIT
//
// hekla-diffusion: pictures from text by latent diffusion (Stable Diffusion 1.x, 2.x, XL and their kin).
#include <stdexcept>

#include "draw.hpp"
#include "files.hpp"
#include "picture_output.hpp"
#include "picture_tensor.hpp"

namespace {

using namespace hekla::host;
using hekla::diffusion::Request;

struct Arguments {
    RunOptions run;
    Request request;
    std::string size, grid, out = "out.png", outputs;
    std::vector<std::string> preview;
    std::size_t zoom = 1;
    bool out_given = false;
};

/// "512x768": width first.
void parse_size(const std::string& text, Request& request) {
    std::size_t used = 0, end = 0;
    try {
        request.width = std::stoi(text, &used);
        request.height = std::stoi(text.substr(used + 1), &end);
    } catch (const std::exception&) {
    }
    if (used + 1 + end != text.size() || text[used] != 'x' || request.width < 1 ||
        request.height < 1)
        throw std::runtime_error("--size: `" + text +
                                 "` is no size; write width and height, e.g. 512x768");
}

void run(Arguments& a) {
    Request& r = a.request;
    if (!a.size.empty()) parse_size(a.size, r);
    if (!a.preview.empty()) {
        std::size_t used = 0;
        try {
            r.preview_every = std::stoul(a.preview[0], &used);
        } catch (const std::exception&) {
        }
        if (used != a.preview[0].size() || r.preview_every < 1)
            throw std::runtime_error("--preview: `" + a.preview[0] + "` is no number of steps");
        r.preview = a.preview[1];
    }
    if (!r.taesd.empty() && a.preview.empty())
        throw std::runtime_error("--taesd draws previews: --preview K FILE is missing");
    SheetLayout layout = a.grid.empty() ? SheetLayout{} : parse_grid(a.grid);
    layout.zoom = a.zoom;
    r.record = !a.outputs.empty();
    if (r.record) require_writable(a.outputs);
    std::optional<PictureOutput> output;
    if (a.out_given || !r.record) output.emplace(a.out);

    Report report(a.run);
    Session session(a.run, report);
    const hekla::diffusion::Drawn drawn = hekla::diffusion::draw(session, a.run, r);
    if (r.record) {
        write_tensors(a.outputs, drawn.record);
        report.add_output(a.outputs);
    }
    if (output) {
        const auto& p = drawn.pictures;
        const Pictures pictures{p.count(), p.channels(), p.height(), p.width(),
                                hekla::diffusion::floats(p.values)};
        output->write(to_images(pictures, signed_range), layout, a.run, report);
    }
    report.set("mode", drawn.mode);
    report.set("sampler", drawn.sampler);
    report.set("prompts", r.prompts);
    report.set("negative", r.negative);
    report.set("steps", r.steps);
    report.set("guidance", r.guidance);
    report.set("seed", r.seed);
    report.set("pictures", drawn.pictures.count());
    report.set("width", drawn.pictures.width());
    report.set("height", drawn.pictures.height());
    report.finish();
}

}  // namespace

int main(int argc, char** argv) {
    Arguments a;
    Request& r = a.request;
    CLI::App app{"Draws pictures from text with a latent diffusion pipeline on any Vulkan device.",
                 "hekla-diffusion"};
    app.add_option("--model", r.model,
                   "Pipeline folder as published (model_index.json and a folder for each part)")
        ->required();
    app.add_option("-p,--prompt", r.prompts, "What to draw (repeatable: pictures of each)")
        ->allow_extra_args(false);
    app.add_option("-n,--negative", r.negative, "What to avoid");
    app.add_option("--steps", r.steps, "Steps of the sampler")
        ->check(CLI::Range(1, 100'000))
        ->capture_default_str();
    app.add_option(
           "--guidance", r.guidance,
           "How much the prompt counts; 1 and below: the network runs once a step, not twice")
        ->capture_default_str();
    std::string samplers;
    for (const auto& name : hekla::diffusion::sampler_names())
        samplers += (samplers.empty() ? "" : ", ") + std::string(name.name);
    app.add_option("--sampler", r.sampler, "In place of the pipeline's: " + samplers);
    app.add_option("--scheduler-config", r.scheduler_config,
                   "A scheduler_config.json in place of the pipeline's");
    app.add_option("--eta", r.eta, "DDIM: fresh noise at each step, 0 none to 1 as DDPM")
        ->check(CLI::Range(0.0, 1.0))
        ->capture_default_str();
    app.add_option("--seed", r.seed, "Same seed, same device: same bytes")->capture_default_str();
    app.add_option("--batch", r.batch, "Pictures of each prompt")
        ->check(CLI::Range(1, 10'000))
        ->capture_default_str();
    app.add_option("--size", a.size,
                   "Width x height in pixels, multiples of 8; left out: the picture's, or what the "
                   "model was trained on");
    app.add_option("--image", r.image, "PNG to begin with");
    app.add_option("--strength", r.strength,
                   "How much of it is given up: 0 nothing, 1 all; left out: 0.8, with --mask 1")
        ->check(CLI::Range(0.0, 1.0));
    app.add_option("--mask", r.mask,
                   "PNG of the picture's size: white is painted anew, black is kept");
    app.add_option("--mode", r.mode, "What to do where --inputs leaves it open")
        ->check(CLI::IsMember({"text", "image", "inpaint"}));
    app.add_option("--preview", a.preview, "Every K steps, what is seen so far as a PNG: K FILE")
        ->expected(2);
    app.add_option("--taesd", r.taesd,
                   "Folder of a tiny autoencoder, for previews in true colours");
    app.add_option("--vae-tile", r.vae_tile,
                   "Pixels along a tile's side in the autoencoder; left out: whole where it fits "
                   "memory and device")
        ->check(CLI::Range(1, 1 << 20));
    app.add_option("--grid", a.grid, "Rows x columns of the contact sheet, e.g. 3x4");
    app.add_option("--zoom", a.zoom, "Each pixel becomes N by N")
        ->check(CLI::Range(1, 64))
        ->capture_default_str();
    app.add_option(
           "-o,--output", a.out,
           "PNG file: the picture, or the contact sheet; or a folder (ends in /): a file each")
        ->capture_default_str();
    app.add_option(
        "--inputs", r.inputs,
        "Safetensors file with ids and noise in place of prompts and seed (see the README)");
    app.add_option("--outputs", a.outputs,
                   "Safetensors file for latents of each step and the pictures as tensors");
    add_run_options(app, a.run);
    return run_host(app, a.run, argc, argv, [&] {
        a.out_given = app.count("--output") > 0;
        if (r.prompts.empty() && r.inputs.empty())
            throw std::runtime_error("there is nothing to draw: --prompt is missing");
        run(a);
    });
}
