# SPDX-License-Identifier: MIT
"""Trains hekla-cdcgan on Fashion-MNIST and writes config.json and model.safetensors.

    python3 train.py --work DIR --minutes 7       goes on from DIR/checkpoint.pt if it is there
    python3 train.py --work DIR --minutes 0       only writes the files from it
"""
import argparse
import pathlib
import sys

import torch
from torch import nn

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "common"))

import fashion
import files
import gan
import training

CONFIG = {
    "model_type": "cdcgan",
    "nz": 64,
    "label_dim": 10,
    "n_classes": 10,
    "ngf": 32,
    "nc": 1,
    "img_size": 28,
    "id2label": {str(i): name for i, name in enumerate(fashion.NAMES)},
}


class Generator(nn.Module):
    """DCGAN's generator (Radford et al. 2016) with a label embedding joined to the noise."""

    def __init__(self, config):
        super().__init__()
        c, nz = config["ngf"], config["nz"] + config["label_dim"]
        self.label_emb = nn.Embedding(config["n_classes"], config["label_dim"])
        self.main = nn.Sequential(
            nn.ConvTranspose2d(nz, 4 * c, config["img_size"] // 4, bias=False),
            nn.BatchNorm2d(4 * c),
            nn.ReLU(),
            nn.ConvTranspose2d(4 * c, 2 * c, 4, 2, 1, bias=False),
            nn.BatchNorm2d(2 * c),
            nn.ReLU(),
            nn.ConvTranspose2d(2 * c, config["nc"], 4, 2, 1),
            nn.Tanh(),
        )

    def forward(self, z, labels):
        """z [b, nz], labels [b] -> [b, nc, 28, 28] in [-1, 1]."""
        return self.main(torch.cat([z, self.label_emb(labels)], 1)[:, :, None, None])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work", type=pathlib.Path, required=True)
    parser.add_argument("--minutes", type=float, default=7)
    args = parser.parse_args()
    torch.manual_seed(gan.SEED)
    net = Generator(CONFIG)
    gan.train(args.work, args.minutes, net, CONFIG["nz"], CONFIG["n_classes"])
    files.write_json(HERE / "config.json", CONFIG)
    files.write_safetensors(HERE / "model.safetensors", training.f16(net.state_dict()))


if __name__ == "__main__":
    main()
