# SPDX-License-Identifier: MIT
"""Trains hekla-mlp-gan to draw what hekla-cdcgan draws; writes config.json and model.safetensors.

    python3 train.py --work DIR --minutes 1.5     goes on from DIR/checkpoint.pt if it is there
    python3 train.py --work DIR --minutes 0       only writes the files from it
"""
import argparse
import math
import pathlib
import sys

import torch
from torch import nn
from torch.nn import functional as F

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "common"))

import check
import files
import gan
import training

CONFIG = {
    "model_type": "mlp_gan",
    "latent_dim": 100,
    "hidden": [128, 256, 512, 1024],
    "batch_norm_eps": 0.8,
    "img_shape": [1, 28, 28],
}
BATCH = 128
RATE_MUON, RATE_ADAM = 3e-3, 1.5e-3
SEED = 1


class Generator(nn.Module):
    """Fully connected layers of growing width, as in Goodfellow et al. 2014."""

    def __init__(self, config):
        super().__init__()
        hidden, self.shape = config["hidden"], config["img_shape"]
        layers = [nn.Linear(config["latent_dim"], hidden[0]), nn.LeakyReLU(0.2)]
        for a, b in zip(hidden, hidden[1:]):
            norm = nn.BatchNorm1d(b, config["batch_norm_eps"])
            layers += [nn.Linear(a, b), norm, nn.LeakyReLU(0.2)]
        layers += [nn.Linear(hidden[-1], math.prod(self.shape)), nn.Tanh()]
        self.model = nn.Sequential(*layers)

    def forward(self, z, labels=None):
        """z [b, latent_dim] -> [b, 1, 28, 28] in [-1, 1]; labels are not used."""
        return self.model(z).reshape(-1, *self.shape)


def taught(teacher, z):
    """What hekla-cdcgan draws: its noise is the first part of z, its label the largest of the next
    ten numbers."""
    d, labels = teacher.config["nz"], teacher.config["n_classes"]
    with torch.no_grad():
        return teacher(z[:, :d], z[:, d : d + labels].argmax(1))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work", type=pathlib.Path, required=True)
    parser.add_argument("--minutes", type=float, default=1.5)
    args = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(SEED)
    cdcgan = check.module("hekla-cdcgan")
    teacher = check.load("hekla-cdcgan", cdcgan.Generator).float()
    teacher.config = cdcgan.CONFIG
    net = Generator(CONFIG)
    average = training.Average(net, 0.998)
    optimizer = training.Optimizer(net, [], RATE_MUON, RATE_ADAM)
    parts = {"net": net, "average": average, "optimizer": optimizer}
    run = training.Run(args.work, args.minutes, parts)
    torch.manual_seed(SEED + run.steps)
    total, count = 0.0, 0
    while run.progress < 1:
        z = torch.randn(BATCH, CONFIG["latent_dim"])
        with torch.autocast("cpu", torch.bfloat16):
            value = F.l1_loss(net(z).float(), taught(teacher, z).float())
        value.backward()
        optimizer.step(run)
        average.update()
        total, count = total + float(value.detach()), count + 1
        if run.step():
            run.report(loss=total / count)
            total, count = 0.0, 0
    net.load_state_dict(average.values)
    gan.measure_batch_norm(net, CONFIG["latent_dim"], torch.zeros(1, dtype=torch.long))
    files.write_json(HERE / "config.json", CONFIG)
    files.write_safetensors(HERE / "model.safetensors", training.f16(net.state_dict()))


if __name__ == "__main__":
    main()
