# SPDX-License-Identifier: MIT
"""Trains text encoder and UNet of hekla-wardrobe, together, on the latents of vae/.

    python3 tokenizer.py
    python3 train_vae.py --work DIR/vae --minutes 12
    python3 train.py --work DIR --minutes 17      goes on from DIR/checkpoint.pt if it is there
    python3 train.py --work DIR --export          only writes the files from it
"""
import argparse
import collections
import json
import pathlib
import sys

import numpy
import torch
from torch.nn import functional as F

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "common"))

import clip_text
import clothes
import files
import tokenizer
import training
import unet
import vae

TEXT_CONFIG = {
    "architectures": ["CLIPTextModel"],
    "attention_dropout": 0.0,
    "hidden_act": "quick_gelu",
    "hidden_size": 128,
    "initializer_factor": 1.0,
    "initializer_range": 0.02,
    "intermediate_size": 512,
    "layer_norm_eps": 1e-05,
    "max_position_embeddings": tokenizer.PLACES,
    "model_type": "clip_text_model",
    "num_attention_heads": 4,
    "num_hidden_layers": 2,
    "projection_dim": 128,
    "torch_dtype": "float16",
}
UNET_CONFIG = {
    "_class_name": "UNet2DConditionModel",
    "_diffusers_version": "0.32.0",
    "act_fn": "silu",
    "attention_head_dim": 4,
    "block_out_channels": [96, 160],
    "center_input_sample": False,
    "cross_attention_dim": 128,
    "down_block_types": ["DownBlock2D", "CrossAttnDownBlock2D"],
    "downsample_padding": 1,
    "flip_sin_to_cos": True,
    "freq_shift": 0,
    "in_channels": 4,
    "layers_per_block": 1,
    "mid_block_scale_factor": 1,
    "mid_block_type": "UNetMidBlock2DCrossAttn",
    "norm_eps": 1e-05,
    "norm_num_groups": 16,
    "out_channels": 4,
    "sample_size": clothes.SIZE // 4,
    "up_block_types": ["CrossAttnUpBlock2D", "UpBlock2D"],
    "use_linear_projection": False,
}
SCHEDULER_CONFIG = {
    "_class_name": "DDIMScheduler",
    "_diffusers_version": "0.32.0",
    "beta_end": 0.012,
    "beta_schedule": "scaled_linear",
    "beta_start": 0.00085,
    "clip_sample": False,
    "num_train_timesteps": 1000,
    "prediction_type": "v_prediction",
    "set_alpha_to_one": False,
    "steps_offset": 1,
    "timestep_spacing": "leading",
}
MODEL_INDEX = {
    "_class_name": "StableDiffusionPipeline",
    "_diffusers_version": "0.32.0",
    "feature_extractor": [None, None],
    "requires_safety_checker": False,
    "safety_checker": [None, None],
    "scheduler": ["diffusers", "DDIMScheduler"],
    "text_encoder": ["transformers", "CLIPTextModel"],
    "tokenizer": ["transformers", "CLIPTokenizer"],
    "unet": ["diffusers", "UNet2DConditionModel"],
    "vae": ["diffusers", "AutoencoderKL"],
}
TEXTS, EACH = 16, 4  # captions in a step, and pictures that each describes
EMPTY_SHARE = 0.1  # of the captions, for guidance
STRANGE_SHARE = 0.1  # of the captions have a word that means nothing, so that one does no harm
RATE_MUON, RATE_ADAM = 2.5e-3, 1.5e-3
SEED = 1


def alphas():
    """The share of the picture's power that is left at each of the 1000 times."""
    c = SCHEDULER_CONFIG
    first, last = c["beta_start"] ** 0.5, c["beta_end"] ** 0.5
    betas = torch.linspace(first, last, c["num_train_timesteps"], dtype=torch.float64) ** 2
    return torch.cumprod(1 - betas, 0).float()


def load_vae(folder=HERE / "vae"):
    config = json.loads((folder / "config.json").read_text())
    net = vae.AutoencoderKL(config)
    weights = files.read_safetensors(folder / "diffusion_pytorch_model.safetensors")
    net.load_state_dict({k: torch.from_numpy(v).float() for k, v in weights.items()})
    return net.eval(), config["scaling_factor"]


class Both(torch.nn.Module):
    def __init__(self):
        super().__init__()
        size = len(tokenizer.Tokenizer().vocab)
        self.text = clip_text.CLIPTextModel(TEXT_CONFIG | {"vocab_size": size})
        self.unet = unet.UNet(UNET_CONFIG)
        for name, value in self.unet.named_parameters():
            # each part begins as if it were not there
            if name.split(".")[-2] in ("conv2", "proj_out", "conv_out"):
                torch.nn.init.zeros_(value)


class Catalogue:
    """Draws captions, and for each some pictures that it describes, as latents."""

    def __init__(self, part="train"):
        self.wardrobe = clothes.Wardrobe(part)
        self.tokens = tokenizer.Tokenizer()
        self.vae, self.scaling = load_vae()
        alike = collections.defaultdict(list)
        for i in range(len(self.wardrobe)):
            alike[self.key(i)].append(i)
        self.alike = {key: numpy.array(places) for key, places in alike.items()}

    def key(self, i):
        return self.wardrobe.labels[i], *self.wardrobe.attributes[i]

    def caption(self, i, colour, random):
        if random.random() < EMPTY_SHARE:
            return ""
        words = self.wardrobe.caption(i, colour, random).split(" ")
        if random.random() < STRANGE_SHARE:
            strange = "".join(map(chr, random.integers(97, 123, random.integers(2, 9))))
            words.insert(random.integers(len(words) + 1), strange)
        return " ".join(words)

    @torch.no_grad()
    def draw(self, texts, each, random):
        """ids [texts, 77], latents [texts * each, 4, 8, 8]."""
        first = random.integers(0, len(self.wardrobe), texts)
        colours = random.integers(0, len(clothes.COLOURS), texts)
        captions = [self.caption(i, c, random) for i, c in zip(first, colours)]
        at = numpy.concatenate([random.choice(self.alike[self.key(i)], each) for i in first])
        pictures = self.wardrobe.dyed(at, colours.repeat(each), random)
        with torch.autocast("cpu", torch.bfloat16):
            mean, logvar = self.vae.encode(torch.from_numpy(pictures) * 2 - 1)
        latents = mean.float() + torch.exp(logvar.float() / 2) * torch.randn(mean.shape)
        ids = torch.tensor([self.tokens.encode(c) for c in captions])
        return ids, latents * self.scaling


def loss(net, ids, latents, times, alpha):
    """Mean squared error of the velocity (Salimans & Ho 2022)."""
    noise = torch.randn(latents.shape)
    signal = alpha[times].sqrt()[:, None, None, None]
    spread = (1 - alpha[times]).sqrt()[:, None, None, None]
    found = net.unet(signal * latents + spread * noise, times, net.text(ids))
    return F.mse_loss(found.float(), signal * noise - spread * latents)


def export(net, average):
    net.load_state_dict(average.values)
    tokens = tokenizer.Tokenizer().vocab
    ids = {"bos_token_id": tokens[tokenizer.START], "eos_token_id": tokens[tokenizer.END]}
    ids |= {"pad_token_id": tokens[tokenizer.END], "vocab_size": len(tokens)}
    for folder, part, config, name in (
        ("text_encoder", net.text, TEXT_CONFIG | ids, "model"),
        ("unet", net.unet, UNET_CONFIG, "diffusion_pytorch_model"),
    ):
        (HERE / folder).mkdir(exist_ok=True)
        files.write_json(HERE / folder / "config.json", config)
        weights = training.f16(part.state_dict())
        files.write_safetensors(HERE / folder / f"{name}.safetensors", weights)
    (HERE / "scheduler").mkdir(exist_ok=True)
    files.write_json(HERE / "scheduler" / "scheduler_config.json", SCHEDULER_CONFIG)
    files.write_json(HERE / "model_index.json", MODEL_INDEX)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work", type=pathlib.Path, required=True)
    parser.add_argument("--minutes", type=float, default=17)
    parser.add_argument("--export", action="store_true", help="only write the files")
    args = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(SEED)
    net = Both()
    outer = ["embedding", "conv_in", "conv_out"]
    optimizer = training.Optimizer(net, outer, RATE_MUON, RATE_ADAM)
    average = training.Average(net, 0.9985)
    parts = {"net": net, "average": average, "optimizer": optimizer}
    run = training.Run(args.work, args.minutes, parts)
    if args.export:
        return export(net, average)
    torch.manual_seed(SEED + run.steps)
    random, alpha = numpy.random.default_rng((SEED, run.steps)), alphas()
    catalogue, total, count = Catalogue(), 0.0, 0
    tests = Catalogue("t10k").draw(64, EACH, numpy.random.default_rng(SEED))
    tested = Both()
    size = TEXTS * EACH
    while run.progress < 1:
        ids, latents = catalogue.draw(TEXTS, EACH, random)
        times = (torch.randperm(size) + torch.rand(size)) / size * len(alpha)  # spread evenly
        with torch.autocast("cpu", torch.bfloat16):
            value = loss(net, ids, latents, times.long(), alpha)
        value.backward()
        optimizer.step(run)
        average.update()
        total, count = total + float(value.detach()), count + 1
        if run.step():
            tested.load_state_dict(average.values)
            with torch.no_grad(), torch.random.fork_rng():
                torch.manual_seed(SEED)
                times = torch.linspace(0, 999, len(tests[1])).long()[torch.randperm(len(tests[1]))]
                held_out = loss(tested, *tests, times, alpha)
            run.report(loss=total / count, held_out=held_out)
            total, count = 0.0, 0
    export(net, average)


if __name__ == "__main__":
    main()
