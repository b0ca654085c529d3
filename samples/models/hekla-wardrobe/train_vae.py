# SPDX-License-Identifier: MIT
"""Trains the autoencoder of hekla-wardrobe.

    python3 train_vae.py --work DIR --minutes 15

DIR keeps checkpoint and loss curve; when the minutes are over, or with --export, the folder vae/
is written. Run train.py after it.
"""
import argparse
import pathlib
import sys

import numpy
import torch
from torch.nn import functional as F

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "common"))

import clothes
import files
import training
import vae

CONFIG = {
    "_class_name": "AutoencoderKL",
    "_diffusers_version": "0.32.0",
    "act_fn": "silu",
    "block_out_channels": [16, 32, 64],
    "down_block_types": ["DownEncoderBlock2D"] * 3,
    "force_upcast": True,
    "in_channels": 3,
    "latent_channels": 4,
    "latents_mean": None,
    "latents_std": None,
    "layers_per_block": 1,
    "mid_block_add_attention": True,
    "norm_num_groups": 8,
    "out_channels": 3,
    "sample_size": clothes.SIZE,
    "scaling_factor": 1.0,
    "shift_factor": None,
    "up_block_types": ["UpDecoderBlock2D"] * 3,
    "use_post_quant_conv": True,
    "use_quant_conv": True,
}
BATCH = 16
RATE_MUON, RATE_ADAM = 2.5e-3, 1.5e-3
KL_WEIGHT = 2e-4  # of the mean over the latents, beside the mean over the pixels
SEED = 1


def draw(wardrobe, count, random):
    at = random.integers(0, len(wardrobe), count)
    colours = random.integers(0, len(clothes.COLOURS), count)
    return torch.from_numpy(wardrobe.dyed(at, colours, random)) * 2 - 1


def loss(net, image, noise):
    """Mean absolute and squared error of pixels and of their differences to the neighbours, and
    the divergence from the normal distribution."""
    mean, logvar = net.encode(image)
    found = net.decode(mean + torch.exp(logvar / 2) * noise)
    error = found - image
    rise = (error.diff(dim=2).abs().mean() + error.diff(dim=3).abs().mean()) / 2
    kl = 0.5 * (mean**2 + logvar.exp() - 1 - logvar).mean()
    return error.abs().mean() + error.square().mean() + rise + KL_WEIGHT * kl


@torch.no_grad()
def psnr(net, image):
    """Of the decoded means, in dB for pixels in [0, 1]."""
    error = (net.decode(net.encode(image)[0]) - image) / 2
    return -10 * torch.log10(error.square().mean())


@torch.no_grad()
def export(net, folder):
    wardrobe, random = clothes.Wardrobe(), numpy.random.default_rng(SEED)
    means = torch.cat([net.encode(draw(wardrobe, 256, random))[0] for _ in range(16)])
    centre = means.mean((0, 2, 3))
    scaling = float(1 / (means - centre[:, None, None]).std())
    net.centre(centre)
    folder.mkdir(exist_ok=True)
    files.write_json(folder / "config.json", CONFIG | {"scaling_factor": round(scaling, 5)})
    weights = training.f16(net.state_dict())
    files.write_safetensors(folder / "diffusion_pytorch_model.safetensors", weights)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work", type=pathlib.Path, required=True)
    parser.add_argument("--minutes", type=float, default=15)
    parser.add_argument("--export", action="store_true", help="only write vae/")
    args = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(SEED)
    net = vae.AutoencoderKL(CONFIG)
    average = training.Average(net, 0.998)
    optimizer = training.Optimizer(net, ["conv_in", "conv_out"], RATE_MUON, RATE_ADAM)
    parts = {"net": net, "average": average, "optimizer": optimizer}
    run = training.Run(args.work, args.minutes, parts)
    if not args.export:
        wardrobe, random = clothes.Wardrobe(), numpy.random.default_rng((SEED, run.steps))
        held_out = draw(clothes.Wardrobe("t10k"), 256, numpy.random.default_rng(SEED))
        tested = vae.AutoencoderKL(CONFIG)
        while run.progress < 1:
            image = draw(wardrobe, BATCH, random)
            noise = torch.randn(BATCH, 4, clothes.SIZE // 4, clothes.SIZE // 4)
            with torch.autocast("cpu", torch.bfloat16):
                value = loss(net, image, noise)
            value.backward()
            optimizer.step(run)
            average.update()
            if run.step():
                tested.load_state_dict(average.values)
                run.report(loss=value, held_out_psnr=psnr(tested, held_out))
    net.load_state_dict(average.values)
    export(net, HERE / "vae")


if __name__ == "__main__":
    main()
