# SPDX-License-Identifier: MIT
"""What the training scripts share: the clock that leads the learning rate, the running average of
the weights, checkpoints with the loss curve, and export to F16."""
import json
import os
import pathlib
import sys
import time

import numpy
import torch

import files

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "hekla-scribe"))
import muon

SAVE_SECONDS = 240


class Run:
    """One training run in a folder: counts the processor's minutes over all its starts, keeps a
    checkpoint of `parts` ({name: anything with state_dict}) and the loss curve history.json.

    The learning rate follows the processor's minutes, so that a run does the same work however
    busy the machine is, and may end sooner or later by starting it again with other minutes."""

    def __init__(self, folder, minutes, parts):
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.parts = folder, parts
        self.steps, self.history, spent = 0, [], 0.0
        if (folder / "checkpoint.pt").exists():
            stored = torch.load(folder / "checkpoint.pt", weights_only=False)
            for name, part in parts.items():
                part.load_state_dict(stored[name])
            self.steps, self.history, spent = stored["steps"], stored["history"], stored["spent"]
        self.total = minutes * 60
        self.start = time.process_time() - spent
        self.saved = time.monotonic()

    @property
    def progress(self):
        return min((time.process_time() - self.start) / max(self.total, 1e-9), 1.0)

    def rate(self, peak, warm_up=0.02):
        """Linear warm-up, then linear to zero."""
        return peak * min((self.progress + 1e-3) / warm_up, (1 - self.progress) / (1 - warm_up))

    def step(self):
        """Ends a step. True when a checkpoint is due: report() next."""
        self.steps += 1
        return time.monotonic() - self.saved > SAVE_SECONDS or self.progress == 1

    def report(self, **losses):
        """Adds a row to the loss curve and saves everything."""
        row = {"minutes": round((time.process_time() - self.start) / 60, 1), "steps": self.steps}
        row |= {name: round(float(value), 5) for name, value in losses.items()}
        self.history.append(row)
        print(json.dumps(row), flush=True)
        stored = {name: part.state_dict() for name, part in self.parts.items()}
        stored |= {"steps": self.steps, "history": self.history}
        stored["spent"] = time.process_time() - self.start
        torch.save(stored, self.folder / "part.pt")
        os.replace(self.folder / "part.pt", self.folder / "checkpoint.pt")
        files.write_json(self.folder / "history.json", self.history)
        self.saved = time.monotonic()


class Average:
    """Running average of a module's weights and buffers."""

    def __init__(self, net, decay):
        self.net, self.decay, self.count = net, decay, 0
        self.values = {k: v.detach().clone().float() for k, v in net.state_dict().items()}

    @torch.no_grad()
    def update(self):
        self.count += 1
        decay = min(self.decay, (1 + self.count) / (10 + self.count))
        for name, value in self.net.state_dict().items():
            self.values[name].lerp_(value.float(), 1 - decay)

    def state_dict(self):
        return {"values": self.values, "count": self.count}

    def load_state_dict(self, stored):
        self.values, self.count = stored["values"], stored["count"]


class Optimizer:
    """Muon over the matrices and kernels inside the layers, AdamW over all else: names that hold
    one of `outer`, biases, norms."""

    def __init__(self, net, outer, rate_muon, rate_adam):
        self.rates, inner, others = (rate_muon, rate_adam), [], []
        for name, value in net.named_parameters():
            outside = value.ndim < 2 or any(word in name for word in outer)
            (others if outside else inner).append(value)
            value.grad = torch.zeros_like(value)  # kept, so that Muon's flat views stay valid
        flat = [[t.flatten(1) for t in (value.data, value.grad)] for value in inner]
        self.muon = muon.Muon(*zip(*flat), weight_decay=0.01)
        self.adam = torch.optim.AdamW(others, betas=(0.9, 0.99), weight_decay=0)
        self.net = net

    def step(self, run):
        """Uses up the gradients, with norm at most 1."""
        torch.nn.utils.clip_grad_norm_(self.net.parameters(), 1.0)
        self.muon.step(run.rate(self.rates[0]))
        self.adam.param_groups[0]["lr"] = run.rate(self.rates[1])
        self.adam.step()
        for value in self.net.parameters():
            value.grad.zero_()

    def state_dict(self):
        return {"muon": self.muon.momentum, "adam": self.adam.state_dict()}

    def load_state_dict(self, stored):
        self.muon.momentum = stored["muon"]
        self.adam.load_state_dict(stored["adam"])


def f16(state):
    """{name: tensor} as float16 arrays; counters of batch norm are left out."""
    return {
        name: value.detach().numpy().astype(numpy.float16)
        for name, value in state.items()
        if not name.endswith("num_batches_tracked")
    }
