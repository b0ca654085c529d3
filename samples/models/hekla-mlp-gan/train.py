# SPDX-License-Identifier: MIT
"""Trains hekla-mlp-gan on Fashion-MNIST and writes config.json and model.safetensors.

    python3 train.py --work DIR --minutes 5       goes on from DIR/checkpoint.pt if it is there
    python3 train.py --work DIR --minutes 0       only writes the files from it
"""
import argparse
import math
import pathlib
import sys

import torch
from torch import nn

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "common"))

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


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work", type=pathlib.Path, required=True)
    parser.add_argument("--minutes", type=float, default=5)
    args = parser.parse_args()
    torch.manual_seed(gan.SEED)
    net = Generator(CONFIG)
    gan.train(args.work, args.minutes, net, CONFIG["latent_dim"], 0)
    files.write_json(HERE / "config.json", CONFIG)
    files.write_safetensors(HERE / "model.safetensors", training.f16(net.state_dict()))


if __name__ == "__main__":
    main()
