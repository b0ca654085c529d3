# SPDX-License-Identifier: MIT
"""Trains hekla-conv-vae on Fashion-MNIST and writes config.json and model.safetensors.

    python3 train.py --work DIR --minutes 1       goes on from DIR/checkpoint.pt if it is there
    python3 train.py --work DIR --minutes 0       only writes the files from it
"""
import argparse
import pathlib
import sys

import torch
from torch import nn
from torch.nn import functional as F

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "common"))

import fashion
import files
import training

CONFIG = {"model_type": "conv_vae", "channels": [32, 64], "latent_dim": 10}
BATCH = 64
PEAK_RATE = 2e-3
SEED = 1


class ConvVae(nn.Module):
    """Auto-encoding variational Bayes (Kingma & Welling 2014) with two strided convolutions."""

    def __init__(self, config):
        super().__init__()
        (a, b), d = config["channels"], config["latent_dim"]
        self.b = b
        self.encoder = nn.Sequential(
            nn.Conv2d(1, a, 3, 2, 1), nn.ReLU(), nn.Conv2d(a, b, 3, 2, 1), nn.BatchNorm2d(b),
            nn.ReLU(), nn.Flatten(),
        )  # fmt: skip
        self.fc_mu, self.fc_logvar = nn.Linear(b * 49, d), nn.Linear(b * 49, d)
        self.decoder_input = nn.Linear(d, b * 49)
        self.decoder = nn.Sequential(
            nn.Unflatten(1, (b, 7, 7)), nn.ReLU(), nn.ConvTranspose2d(b, a, 3, 2, 1, 1), nn.ReLU(),
            nn.ConvTranspose2d(a, 1, 3, 2, 1, 1), nn.Sigmoid(),
        )  # fmt: skip

    def encode(self, image):
        """image [b, 1, 28, 28] in [0, 1] -> mean and log-variance, each [b, latent_dim]."""
        h = self.encoder(image)
        return self.fc_mu(h), self.fc_logvar(h)

    def decode(self, z):
        return self.decoder(self.decoder_input(z))


def loss(net, image, noise):
    """Nats a picture: cross-entropy of the pixels and divergence from the normal distribution."""
    with torch.autocast("cpu", torch.bfloat16):
        mu, logvar = (x.float() for x in net.encode(image))
        z = mu + torch.exp(logvar / 2) * noise
        found = net.decoder[:-1](net.decoder_input(z))  # before the sigmoid
    pixels = F.binary_cross_entropy_with_logits(found.float(), image, reduction="none")
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar)
    return pixels.sum((1, 2, 3)).mean() + kl.sum(1).mean()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work", type=pathlib.Path, required=True)
    parser.add_argument("--minutes", type=float, default=1)
    args = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(SEED)
    net = ConvVae(CONFIG)
    optimizer = torch.optim.Adam(net.parameters())
    run = training.Run(args.work, args.minutes, {"net": net, "optimizer": optimizer})
    torch.manual_seed(SEED + run.steps)
    pictures = torch.from_numpy(fashion.load()[0])
    held_out = torch.from_numpy(fashion.load("t10k")[0][:512, None]).float() / 255
    while run.progress < 1:
        optimizer.param_groups[0]["lr"] = run.rate(PEAK_RATE)
        image = pictures[torch.randint(len(pictures), (BATCH,)), None].float() / 255
        value = loss(net, image, torch.randn(BATCH, CONFIG["latent_dim"]))
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
        if run.step():
            with torch.no_grad():
                net.eval()
                noise = torch.zeros(len(held_out), CONFIG["latent_dim"])
                run.report(loss=value, held_out=loss(net, held_out, noise))
                net.train()
    files.write_json(HERE / "config.json", CONFIG)
    files.write_safetensors(HERE / "model.safetensors", training.f16(net.state_dict()))


if __name__ == "__main__":
    main()
