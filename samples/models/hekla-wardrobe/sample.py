# SPDX-License-Identifier: MIT
"""Draws pictures with PyTorch from the folder's files, for comparison with Hekla.

    python3 sample.py "a red ankle boot" "a green coat" --each 4 --out sheet.png
"""
import argparse
import json
import pathlib
import sys

import torch

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "common"))

import clip_text
import files
import tokenizer
import train
import unet
import vae


def load(folder, kind, name="diffusion_pytorch_model"):
    """A part of the pipeline in float32, and its configuration."""
    config = json.loads((HERE / folder / "config.json").read_text())
    weights = files.read_safetensors(HERE / folder / f"{name}.safetensors")
    net = kind(config)
    net.load_state_dict({k: torch.from_numpy(v).float() for k, v in weights.items()})
    return net.eval(), config


class Pipeline:
    def __init__(self):
        self.text = load("text_encoder", clip_text.CLIPTextModel, "model")[0]
        self.unet = load("unet", unet.UNet)[0]
        self.vae, config = load("vae", vae.AutoencoderKL)
        self.scaling = config["scaling_factor"]

    def double(self):
        for net in (self.text, self.unet, self.vae):
            net.double()
        return self

    def ddim(self, ids, empty, latents, steps, guidance):
        """ids, empty [b, 77] or empty [1, 77], latents [b, 4, 8, 8] of noise -> latents before
        each step and after the last [steps + 1, b, 4, 8, 8] (Song et al. 2021, eta 0)."""
        alpha, stride = train.alphas().to(latents.dtype), 1000 // steps
        text = torch.cat([self.text(empty).expand(len(ids), -1, -1), self.text(ids)])
        trail = [latents]
        for t in reversed(range(1, 1000, stride)):
            both = self.unet(trail[-1].repeat(2, 1, 1, 1), torch.full((2 * len(ids),), t), text)
            without, given = both.chunk(2)
            v = without + guidance * (given - without)
            signal, spread = alpha[t].sqrt(), (1 - alpha[t]).sqrt()
            clean = signal * trail[-1] - spread * v
            noise = signal * v + spread * trail[-1]
            before = alpha[max(t - stride, 0)]
            trail.append(before.sqrt() * clean + (1 - before).sqrt() * noise)
        return torch.stack(trail)

    def decode(self, latents):
        """Pictures [b, 3, 32, 32] in [0, 1]."""
        return (self.vae.decode(latents / self.scaling) / 2 + 0.5).clamp(0, 1)


@torch.no_grad()
def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("prompts", nargs="+")
    parser.add_argument("--each", type=int, default=4, help="pictures of each prompt")
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--guidance", type=float, default=4.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", default="sheet.png")
    args = parser.parse_args()
    torch.set_num_threads(1)
    pipeline, tokens = Pipeline(), tokenizer.Tokenizer()
    ids = torch.tensor([tokens.encode(p) for p in args.prompts]).repeat_interleave(args.each, 0)
    noise = torch.randn(len(ids), 4, 8, 8, generator=torch.Generator().manual_seed(args.seed))
    trail = pipeline.ddim(ids, torch.tensor([tokens.encode("")]), noise, args.steps, args.guidance)
    pictures = pipeline.decode(trail[-1]).numpy()
    files.write_png(args.out, files.contact_sheet(pictures, args.each, 4))


if __name__ == "__main__":
    main()
