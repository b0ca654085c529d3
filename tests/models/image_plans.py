# SPDX-License-Identifier: MIT
"""How the image cases run: which entry of the graph takes which of a case's tensors, and which outputs they are to give."""
from array import array
from collections import namedtuple

# names: the case's expected tensor -> the graph's output
Run = namedtuple("Run", "entry given names")

# Inputs and outputs by the names the libraries use -> the graphs' names.
INPUTS = {"input_ids": "ids", "pixel_values": "image", "encoder_hidden_states": "text", "text_embeds": "pooled", "time_ids": "sizes"}
OUTPUTS = {"last_hidden_state": "last", "hidden_penultimate": "penultimate", "decoded": "image", "encoded": "latent"}
# Families whose inputs and outputs are split over entries.
ENTRIES = {
    "vae_kl": {"decode": (["latent"], ["decoded"]), "encode": (["image"], ["mean", "logvar"])},
    "vae_tiny": {"decode": (["latent"], ["decoded"]), "encode": (["image"], ["encoded"])},
    "conv_vae": {"decode": (["z"], ["decoded"]), "encode": (["image"], ["mu", "logvar"])},
}
# What a case with one entry may expect beside inner values, which are for looking into a failure.
RESULTS = ["last_hidden_state", "hidden_penultimate", "pooled", "text_embeds", "image_embeds", "logits", "image", "upscaled", "styled"]
FAMILIES = ("clip_text", "clip", "vit", "unet", "vae_kl", "vae_tiny", "module")


def renamed(inputs, names):
    return {INPUTS.get(name, name): inputs[name] for name in names}


def passes_of_unet(case, inputs, tensor):
    """One pass a timestep, and one of odd sizes at the first."""
    steps = case["settings"]["timesteps"]
    batch = inputs["sample"].shape[0]
    shared = renamed(inputs, [name for name in inputs if not name.startswith("sample")])
    passes = [(f"noise_t{step}", "sample", step) for step in steps]
    if "sample_odd" in inputs:
        passes.append(("noise_odd", "sample_odd", steps[0]))
    return [Run(None, {**shared, "sample": inputs[sample], "time": tensor("F32", [batch], array("f", [step] * batch))},
                {expected: "noise"}) for expected, sample, step in passes]


def runs_of(case, inputs, expected, tensor):
    """`tensor(dtype, shape, values)` makes one. The runs whose outputs together are the case."""
    family = case["family"]
    if family == "unet":
        return passes_of_unet(case, inputs, tensor)
    entries = ENTRIES.get(family) or ENTRIES.get(case["name"])
    if entries:
        return [Run(entry, renamed(inputs, given), {name: OUTPUTS.get(name, name) for name in names})
                for entry, (given, names) in entries.items()]
    given = renamed(inputs, inputs)
    if "truncation_psi" in case["settings"]:
        given["psi"] = tensor("F32", [], array("f", [case["settings"]["truncation_psi"]]))
    names = {name: OUTPUTS.get(name, name) for name in RESULTS if name in expected}
    if family == "clip_text" and "text_embeds" in names:
        names["text_embeds"] = "embeds"
    return [Run(None, given, names)]
