# SPDX-License-Identifier: MIT
"""Trains a generator of 28x28 garments against a convolutional discriminator, as DCGAN does
(Radford et al. 2016); the label joins by projection (Miyato & Koyama 2018), and the weights that
are kept are averages over the last steps."""
import torch
from torch import nn
from torch.nn import functional as F

import fashion
import training

BATCH = 64
RATE = 3e-4
BETAS = (0.5, 0.99)
SMOOTH = 0.9  # what the discriminator should say of real pictures
SEED = 1


class Discriminator(nn.Module):
    """classes: 0 when the pictures come without labels."""

    def __init__(self, classes, width=32):
        super().__init__()
        widths = [width, 2 * width, 4 * width]
        self.first = nn.Conv2d(1, width, 4, 2, 1)
        self.convs = nn.ModuleList(
            nn.Sequential(nn.Conv2d(a, b, k, 2, 1, bias=False), nn.BatchNorm2d(b))
            for a, b, k in zip(widths, widths[1:], (4, 3))
        )
        self.score = nn.Linear(widths[-1] * 16, 1)
        self.label = nn.Embedding(classes, widths[-1] * 16) if classes else None
        if classes:
            nn.init.normal_(self.label.weight, std=0.02)

    def forward(self, x, labels):
        x = F.leaky_relu(self.first(x), 0.2)
        for conv in self.convs:
            x = F.dropout(F.leaky_relu(conv(x), 0.2), 0.2)
        x = x.flatten(1)
        score = self.score(x)[:, 0].float()
        return score + (x * self.label(labels)).sum(1) if self.label else score


def says(score, share):
    """Cross-entropy of the discriminator's score with a wanted share of yes."""
    return F.binary_cross_entropy_with_logits(score, torch.full_like(score, share))


def train(folder, minutes, generator, d_z, classes):
    """generator(z [b, d_z], labels [b]) -> pictures [b, 1, 28, 28] in [-1, 1]. Gives the averaged
    generator with batch norm's statistics measured, and the loss curve."""
    torch.set_num_threads(1)
    critic = Discriminator(classes)
    average = training.Average(generator, 0.998)
    steps_g = torch.optim.AdamW(generator.parameters(), betas=BETAS, weight_decay=0)
    steps_d = torch.optim.AdamW(critic.parameters(), betas=BETAS, weight_decay=0)
    parts = {"generator": generator, "critic": critic, "average": average}
    run = training.Run(folder, minutes, parts | {"steps_g": steps_g, "steps_d": steps_d})
    torch.manual_seed(SEED + run.steps)
    pictures, labels = map(torch.from_numpy, fashion.load())
    sums, count = [0.0, 0.0], 0
    while run.progress < 1:
        for optimizer in (steps_g, steps_d):
            optimizer.param_groups[0]["lr"] = run.rate(RATE)
        at = torch.randint(len(labels), (BATCH,))
        real, wanted = pictures[at, None].float() / 127.5 - 1, labels[at]
        with torch.autocast("cpu", torch.bfloat16):
            fake = generator(torch.randn(BATCH, d_z), wanted)
            loss_d = says(critic(real, wanted), SMOOTH) + says(critic(fake.detach(), wanted), 0)
        steps_d.zero_grad()
        loss_d.backward()
        steps_d.step()
        with torch.autocast("cpu", torch.bfloat16):
            loss_g = says(critic(fake, wanted), 1)
        steps_g.zero_grad()
        loss_g.backward()
        steps_g.step()
        average.update()
        sums = [a + float(b.detach()) for a, b in zip(sums, (loss_d, loss_g))]
        count += 1
        if run.step():
            run.report(discriminator=sums[0] / count, generator=sums[1] / count)
            sums, count = [0.0, 0.0], 0
    generator.load_state_dict(average.values)
    measure_batch_norm(generator, d_z, labels)
    return generator


@torch.no_grad()
def measure_batch_norm(generator, d_z, labels, batches=100):
    """The averaged weights' own statistics in place of the averaged statistics."""
    norms = [m for m in generator.modules() if isinstance(m, (nn.BatchNorm1d, nn.BatchNorm2d))]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None
    generator.train()
    for _ in range(batches):
        generator(torch.randn(BATCH, d_z), labels[torch.randint(len(labels), (BATCH,))])
    generator.eval()
