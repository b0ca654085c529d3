# SPDX-License-Identifier: MIT
"""Checks the picture models beside this folder: their files with PyTorch against the inputs and
outputs stored in reference.safetensors.

    python3 check.py [MODEL...]          compares
    python3 check.py --write [MODEL...]  computes and stores them anew, in float64
"""
import argparse
import importlib.util
import json
import pathlib
import sys

import torch

MODELS = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(MODELS / "common"))

import files

TOLERANCE = 1e-4  # of the output's standard deviation, for float32


def module(model, name="train"):
    folder = MODELS / model
    sys.path.insert(0, str(folder))
    spec = importlib.util.spec_from_file_location(f"{model}.{name}", folder / f"{name}.py")
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


def load(model, kind):
    """The model with its stored weights, in float64; nothing may be missing but counters."""
    net = kind(json.loads((MODELS / model / "config.json").read_text()))
    weights = files.read_safetensors(MODELS / model / "model.safetensors")
    keys = net.load_state_dict({k: torch.from_numpy(v) for k, v in weights.items()}, strict=False)
    lost = [k for k in keys.missing_keys if not k.endswith("num_batches_tracked")]
    assert not lost and not keys.unexpected_keys, (model, lost, keys.unexpected_keys)
    return net.eval().double()


def cdcgan(random):
    net = load("hekla-cdcgan", module("hekla-cdcgan").Generator)
    z, labels = torch.randn(3, 64, generator=random), torch.tensor([0, 5, 9])
    yield {"z": z, "labels": labels}, lambda cast: {"image": cast(net)(cast(z), labels)}


def mlp_gan(random):
    net = load("hekla-mlp-gan", module("hekla-mlp-gan").Generator)
    z = torch.randn(3, 100, generator=random)
    yield {"z": z}, lambda cast: {"image": cast(net)(cast(z))}


def conv_vae(random):
    import fashion

    net = load("hekla-conv-vae", module("hekla-conv-vae").ConvVae)
    z = torch.randn(3, 10, generator=random)
    image = torch.from_numpy(fashion.load("t10k")[0][:2, None]).float() / 255

    def outputs(cast):
        mu, logvar = cast(net).encode(cast(image))
        return {"mu": mu, "logvar": logvar, "decoded": net.decode(cast(z))}

    yield {"image": image, "z": z}, outputs


def upscale(random):
    net = load("hekla-upscale", module("hekla-upscale").Srvgg)
    image = torch.rand(1, 3, 11, 14, generator=random)
    yield {"image": image}, lambda cast: {"upscaled": cast(net)(cast(image))}


def wardrobe(random):
    sample = module("hekla-wardrobe", "sample")
    pipeline, tokens = sample.Pipeline().double(), sample.tokenizer.Tokenizer()
    ids = torch.tensor([tokens.encode("a photo of a dark red ankle boot")])
    empty = torch.tensor([tokens.encode("")])
    latents = torch.randn(1, 4, 8, 8, generator=random)

    def outputs(cast):
        for net in (pipeline.text, pipeline.unet, pipeline.vae):
            cast(net)
        trail = pipeline.ddim(ids, empty, cast(latents), 4, 4.0)
        mean, logvar = pipeline.vae.encode(pipeline.decode(trail[-1]) * 2 - 1)
        return {
            "text_cond": pipeline.text(ids),
            "ddim.latents": trail,
            "ddim.image": pipeline.decode(trail[-1]),
            "encoded.mean": mean,
            "encoded.logvar": logvar,
        }

    yield {"input_ids": ids, "uncond_ids": empty, "latents": latents}, outputs


CASES = {
    "hekla-cdcgan": cdcgan,
    "hekla-mlp-gan": mlp_gan,
    "hekla-conv-vae": conv_vae,
    "hekla-upscale": upscale,
    "hekla-wardrobe": wardrobe,
}


@torch.no_grad()
def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="*", default=list(CASES), metavar="MODEL")
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    failed = False
    for model in args.models:
        ((inputs, outputs),) = CASES[model](torch.Generator().manual_seed(1))
        path = MODELS / model / "reference.safetensors"
        if args.write:
            exact = {k: v.float() for k, v in outputs(lambda x: x.double()).items()}
            files.write_safetensors(path, {k: v.numpy() for k, v in (inputs | exact).items()})
        stored = {k: torch.from_numpy(v) for k, v in files.read_safetensors(path).items()}
        for name, found in outputs(lambda x: x.float()).items():
            wanted = stored[name]
            error = float((found - wanted).abs().max() / wanted.std())
            failed |= not error <= TOLERANCE
            print(f"{model:15} {name:15} largest error {error:.1e} of the standard deviation")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
