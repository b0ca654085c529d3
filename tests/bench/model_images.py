# SPDX-License-Identifier: MIT
"""Small image networks with random weights, compared with PyTorch alone: DCGAN's generator (64 pictures of 64x64) and RRDBNet x4 (a picture of 64x64)."""
import json, math, time

import numpy as np
import torch
from torch.nn import functional as F

from tensor_files import read_safetensors, write_safetensors


class ImageModel:
    """A subclass says: name, config, weights (name -> shape), input (name, shape), output, dims, and forward() for PyTorch."""
    unit = "s"
    units = {}
    bars = {}

    def __init__(self, options, sides, folder):
        self.options, self.hekla, self.folder = options, sides["Hekla"], folder

    def prepare(self):
        draw = np.random.default_rng(1)
        weights = {}
        for name, shape in self.weights().items():
            scale = self.gain * math.sqrt(3 / math.prod(shape[1:])) if len(shape) > 1 else 0
            weights[name] = draw.uniform(-scale, scale, shape).astype(np.float32) if scale else np.full(shape, 0.0 if name.endswith(("bias", "mean")) else 1.0, np.float32)
        self.folder.mkdir(exist_ok=True)
        write_safetensors(self.folder / "model.safetensors", weights)
        (self.folder / "config.json").write_text(json.dumps(self.config))
        name, shape = self.input
        x = draw.standard_normal(shape).astype(np.float32)
        write_safetensors(self.folder / "in.safetensors", {name: x})
        self.words = ["--model", self.folder / "model.safetensors", "--config", self.folder / "config.json", "--device", self.options.device]
        self.hekla.run("run", *self.words, "--inputs", self.folder / "in.safetensors", "--outputs", self.folder / "out.safetensors")
        self.w, self.x = {n: torch.from_numpy(t) for n, t in weights.items()}, torch.from_numpy(x)
        with torch.inference_mode():
            truth = self.forward(self.x).numpy()
        return {"Hekla": np.abs(read_safetensors(self.folder / "out.safetensors")[self.output] - truth).max() / truth.std()}

    def measure_hekla(self):
        told = json.loads(self.hekla.run("bench", *self.words, *(w for d in self.dims for w in ("--dims", d)), "--times", "3", "--json"))
        self.hekla.label = f"{told['device_name']}, {told['driver']}"
        return {self.label: told["replay"]["median_ms"] / 1e3}

    def measure_torch(self):
        seconds = []
        with torch.inference_mode():
            for _ in range(3):
                start = time.perf_counter()
                self.forward(self.x)
                seconds.append(time.perf_counter() - start)
        return {self.label: sorted(seconds)[1]}


class DCGAN(ImageModel):
    name, label, gain = "dcgan", "64 pictures", 1.0
    config = {"model_type": "dcgan"}
    input, output, dims = ("z", (64, 100, 1, 1)), "image", ["B=64"]
    channels = [100, 512, 256, 128, 64, 3]

    def weights(self):
        out = {}
        for i, (a, b) in enumerate(zip(self.channels, self.channels[1:])):
            out[f"main.{3 * i}.weight"] = (a, b, 4, 4)
            if i < 4:
                out |= {f"main.{3 * i + 1}.{name}": (b,) for name in ("weight", "bias", "running_mean", "running_var")}
        return out

    def forward(self, x):
        for i in range(5):
            x = F.conv_transpose2d(x, self.w[f"main.{3 * i}.weight"], stride=1 if i == 0 else 2, padding=0 if i == 0 else 1)
            if i < 4:
                x = F.relu(F.batch_norm(x, *(self.w[f"main.{3 * i + 1}.{name}"] for name in ("running_mean", "running_var", "weight", "bias"))))
        return torch.tanh(x)


class RRDBNet(ImageModel):
    name, label, gain = "rrdbnet_x4", "64x64 to 256x256", 0.5
    config = {"model_type": "rrdbnet", "scale": 4}
    input, output, dims = ("image", (1, 3, 64, 64)), "upscaled", ["B=1", "H=64", "W=64"]
    blocks, features, growth = 23, 64, 32

    def weights(self):
        shapes = {"conv_first": (self.features, 3), "conv_last": (3, self.features)}
        shapes |= {name: (self.features, self.features) for name in ("conv_body", "conv_up1", "conv_up2", "conv_hr")}
        for i in range(self.blocks):
            for j in (1, 2, 3):
                for c in range(5):
                    shapes[f"body.{i}.rdb{j}.conv{c + 1}"] = (self.growth if c < 4 else self.features, self.features + c * self.growth)
        return {f"{name}.weight": (*s, 3, 3) for name, s in shapes.items()} | {f"{name}.bias": s[:1] for name, s in shapes.items()}

    def conv(self, x, name):
        return F.conv2d(x, self.w[name + ".weight"], self.w[name + ".bias"], padding=1)

    def dense(self, x, name):
        parts = [x]
        for c in range(4):
            parts.append(F.leaky_relu(self.conv(torch.cat(parts, 1), f"{name}.conv{c + 1}"), 0.2))
        return x + 0.2 * self.conv(torch.cat(parts, 1), name + ".conv5")

    def forward(self, x):
        first = h = self.conv(x, "conv_first")
        for i in range(self.blocks):
            g = h
            for j in (1, 2, 3):
                g = self.dense(g, f"body.{i}.rdb{j}")
            h = h + 0.2 * g
        h = first + self.conv(h, "conv_body")
        for name in ("conv_up1", "conv_up2"):
            h = F.leaky_relu(self.conv(F.interpolate(h, scale_factor=2, mode="nearest"), name), 0.2)
        return self.conv(F.leaky_relu(self.conv(h, "conv_hr"), 0.2), "conv_last")
