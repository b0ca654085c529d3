# SPDX-License-Identifier: MIT
"""A Stable Diffusion 1.5 of the real sizes with random F16 weights: one UNet pass, one VAE decode. PyTorch runs the network that --modules defines, with its own fused attention."""
import json, subprocess, sys, time

import numpy as np
import torch
from torch.nn import functional as F

from tensor_files import read_safetensors, write_safetensors


def fused_attention(self, x, source):
    q, k, v = (y.unflatten(2, (self.heads, -1)).transpose(1, 2) for y in (self.to_q(x), self.to_k(source), self.to_v(source)))
    return self.to_out[0](F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2))


def fused_image_attention(self, x):
    n = self.group_norm(x).flatten(2).transpose(1, 2)
    q, k, v = (y[:, None] for y in (self.to_q(n), self.to_k(n), self.to_v(n)))
    return x + self.to_out[0](F.scaled_dot_product_attention(q, k, v)[:, 0]).transpose(1, 2).reshape(x.shape)


class Part:
    """One network of the pipeline; compared with PyTorch alone."""
    unit = "s"
    units = {}

    def __init__(self, options, sides, folder, part):
        self.options, self.hekla, self.part = options, sides["Hekla"], part
        self.folder = folder
        self.pipeline = options.pipeline or folder.parent / "sd15"
        n = options.latent
        self.label = {"unet": f"pass at {n}x{n}", "vae": f"decode to {8 * n}x{8 * n}"}[part]
        self.name = {"unet": "sd15_unet", "vae": "sd15_vae"}[part]
        self.bars = {self.label: {"PyTorch": 1 / 2.5}}

    def inputs(self, config):
        n, draw = self.options.latent, np.random.default_rng(1)
        normal = lambda *shape: draw.standard_normal(shape).astype(np.float32)
        if self.part == "vae":
            return {"latent": normal(1, 4, n, n)}
        return {"sample": normal(1, 4, n, n), "time": np.full(1, 500, np.float32), "text": normal(1, 77, config["cross_attention_dim"])}

    def load(self):
        sys.path.insert(0, str(self.options.modules))
        import unet, vae
        unet.Attention.forward, vae.Attention.forward = fused_attention, fused_image_attention
        config = json.loads((self.pipeline / self.part / "config.json").read_text())
        with torch.device("meta"):
            model = {"unet": unet.UNet, "vae": vae.AutoencoderKL}[self.part](config)
        weights = read_safetensors(self.pipeline / self.part / "diffusion_pytorch_model.safetensors")
        model.load_state_dict({name: torch.from_numpy(t.astype(np.float32)) for name, t in weights.items()}, assign=True)
        self.torch = model.eval() if self.part == "unet" else model.eval().decode
        return config

    def prepare(self):
        if not self.pipeline.exists():
            subprocess.run([sys.executable, self.options.here / "random_diffusion.py", self.pipeline], check=True, stdout=subprocess.DEVNULL)
        inputs = self.inputs(self.load())
        self.operands = [torch.from_numpy(t) for t in inputs.values()]
        self.words = ["--model", self.pipeline / self.part, "--device", self.options.device] + (["--entry", "decode"] if self.part == "vae" else [])
        write_safetensors(self.folder / "in.safetensors", inputs)
        self.hekla.run("run", *self.words, "--inputs", self.folder / "in.safetensors", "--outputs", self.folder / "out.safetensors")
        with torch.inference_mode():
            truth = self.torch(*self.operands).numpy()
        ours = read_safetensors(self.folder / "out.safetensors")["noise" if self.part == "unet" else "image"]
        return {"Hekla": np.abs(ours - truth).max() / truth.std()}

    def measure_hekla(self):
        n = self.options.latent
        sizes = {"B": 1, "LH": n, "LW": n} | ({"L": 77} if self.part == "unet" else {})
        told = json.loads(self.hekla.run("bench", *self.words, *(w for name, size in sizes.items() for w in ("--dims", f"{name}={size}")), "--times", "1", "--json"))
        self.hekla.label = f"{told['device_name']}, {told['driver']}"
        return {self.label: told["replay"]["median_ms"] / 1e3}

    def measure_torch(self):
        start = time.perf_counter()
        with torch.inference_mode():
            self.torch(*self.operands)
        return {self.label: time.perf_counter() - start}
