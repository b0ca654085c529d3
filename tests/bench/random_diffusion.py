#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes a Stable Diffusion 1.5 pipeline folder of the real architecture and sizes (about 1.07 billion parameters, 2.1 GB) with random F16 weights.

random_diffusion.py OUT [--tokenizer DIR] [--divide N]
Matrices and convolutions are scaled by fan-in, biases are 0 and norm weights 1, so that activations stay finite. --tokenizer copies vocab.json
and merges.txt from DIR; otherwise one of single bytes is written. --divide shrinks every width, for a quick try. Writes tensor by tensor, so it
takes little memory. Python's standard library alone, numpy where it is present (much faster).
"""
import argparse, json, math, pathlib, random, shutil, struct

try:
    import numpy
except ImportError:
    numpy = None

POOL = 1 << 20  # unit-uniform numbers drawn once; a tensor is stretches of them, scaled


def pool():
    if numpy is not None:
        return numpy.random.default_rng(1).uniform(-1, 1, POOL).astype(numpy.float32)
    draw = random.Random(1)
    return [draw.uniform(-1, 1) for _ in range(POOL)]


def uniform(numbers, count, scale, draw):
    """count halves as bytes, in pieces."""
    if numpy is not None:
        scaled = (numbers * scale).astype(numpy.float16)
    else:
        scaled = struct.pack(f"<{POOL}e", *(x * scale for x in numbers))
    while count > 0:
        start = draw.randrange(POOL)
        size = min(count, POOL - start)
        yield scaled[start:start + size].tobytes() if numpy is not None else scaled[2 * start:2 * (start + size)]
        count -= size


class Tensors:
    """Names and shapes in the file's order."""

    def __init__(self):
        self.shapes = {}

    def norm(self, name, width):
        self.shapes[name + ".weight"] = self.shapes[name + ".bias"] = [width]

    def linear(self, name, out, inner, bias=True):
        self.shapes[name + ".weight"] = [out, inner]
        if bias:
            self.shapes[name + ".bias"] = [out]

    def conv(self, name, out, inner, kernel=3):
        self.shapes[name + ".weight"] = [out, inner, kernel, kernel]
        self.shapes[name + ".bias"] = [out]

    def write(self, path, numbers):
        header, at = {}, 0
        for name, shape in self.shapes.items():
            size = 2 * math.prod(shape)
            header[name] = {"dtype": "F16", "shape": shape, "data_offsets": [at, at + size]}
            at += size
        text = json.dumps(header).encode()
        text += b" " * (-len(text) % 8)
        draw = random.Random(str(path.name))
        with open(path, "wb") as f:
            f.write(struct.pack("<Q", len(text)) + text)
            for name, shape in self.shapes.items():
                if len(shape) == 1:
                    f.write((b"\x00\x3c" if name.endswith("weight") else b"\0\0") * shape[0])  # 1 or 0
                else:
                    for piece in uniform(numbers, math.prod(shape), math.sqrt(3 / math.prod(shape[1:])), draw):
                        f.write(piece)
        return at // 2


def text_encoder(c):
    t = Tensors()
    d, e = c["hidden_size"], "text_model."
    t.shapes[e + "embeddings.token_embedding.weight"] = [c["vocab_size"], d]
    t.shapes[e + "embeddings.position_embedding.weight"] = [c["max_position_embeddings"], d]
    for i in range(c["num_hidden_layers"]):
        layer = f"{e}encoder.layers.{i}."
        for part in "qkv":
            t.linear(f"{layer}self_attn.{part}_proj", d, d)
        t.linear(layer + "self_attn.out_proj", d, d)
        t.norm(layer + "layer_norm1", d)
        t.linear(layer + "mlp.fc1", c["intermediate_size"], d)
        t.linear(layer + "mlp.fc2", d, c["intermediate_size"])
        t.norm(layer + "layer_norm2", d)
    t.norm(e + "final_layer_norm", d)
    return t


def unet(c):
    t = Tensors()
    channels, levels = c["block_out_channels"], len(c["block_out_channels"])
    time = 4 * channels[0]
    t.conv("conv_in", channels[0], c["in_channels"])
    t.linear("time_embedding.linear_1", time, channels[0])
    t.linear("time_embedding.linear_2", time, time)

    def resnet(name, inner, out):
        t.norm(name + ".norm1", inner)
        t.conv(name + ".conv1", out, inner)
        t.linear(name + ".time_emb_proj", out, time)
        t.norm(name + ".norm2", out)
        t.conv(name + ".conv2", out, out)
        if inner != out:
            t.conv(name + ".conv_shortcut", out, inner, 1)

    def transformer(name, d):
        t.norm(name + ".norm", d)
        t.conv(name + ".proj_in", d, d, 1)
        block = name + ".transformer_blocks.0."
        for attention, source in (("attn1", d), ("attn2", c["cross_attention_dim"])):
            t.linear(f"{block}{attention}.to_q", d, d, bias=False)
            t.linear(f"{block}{attention}.to_k", d, source, bias=False)
            t.linear(f"{block}{attention}.to_v", d, source, bias=False)
            t.linear(f"{block}{attention}.to_out.0", d, d)
        t.linear(block + "ff.net.0.proj", 8 * d, d)
        t.linear(block + "ff.net.2", d, 4 * d)
        for i in (1, 2, 3):
            t.norm(f"{block}norm{i}", d)
        t.conv(name + ".proj_out", d, d, 1)

    skips, now = [channels[0]], channels[0]
    for i, kind in enumerate(c["down_block_types"]):
        for j in range(c["layers_per_block"]):
            resnet(f"down_blocks.{i}.resnets.{j}", now, channels[i])
            now = channels[i]
            if kind.startswith("CrossAttn"):
                transformer(f"down_blocks.{i}.attentions.{j}", now)
            skips.append(now)
        if i < levels - 1:
            t.conv(f"down_blocks.{i}.downsamplers.0.conv", now, now)
            skips.append(now)
    for j in (0, 1):
        resnet(f"mid_block.resnets.{j}", now, now)
    transformer("mid_block.attentions.0", now)
    for k, kind in enumerate(c["up_block_types"]):
        out = channels[levels - 1 - k]
        for j in range(c["layers_per_block"] + 1):
            resnet(f"up_blocks.{k}.resnets.{j}", now + skips.pop(), out)
            now = out
            if kind.startswith("CrossAttn"):
                transformer(f"up_blocks.{k}.attentions.{j}", now)
        if k < levels - 1:
            t.conv(f"up_blocks.{k}.upsamplers.0.conv", now, now)
    t.norm("conv_norm_out", now)
    t.conv("conv_out", c["out_channels"], now)
    return t


def vae(c):
    t = Tensors()
    channels, latent = c["block_out_channels"], c["latent_channels"]

    def resnet(name, inner, out):
        t.norm(name + ".norm1", inner)
        t.conv(name + ".conv1", out, inner)
        t.norm(name + ".norm2", out)
        t.conv(name + ".conv2", out, out)
        if inner != out:
            t.conv(name + ".conv_shortcut", out, inner, 1)

    def middle(name, d):
        for j in (0, 1):
            resnet(f"{name}.resnets.{j}", d, d)
        t.norm(name + ".attentions.0.group_norm", d)
        for part in ("to_q", "to_k", "to_v", "to_out.0"):
            t.linear(f"{name}.attentions.0.{part}", d, d)

    t.conv("encoder.conv_in", channels[0], c["in_channels"])
    now = channels[0]
    for i, width in enumerate(channels):
        for j in range(c["layers_per_block"]):
            resnet(f"encoder.down_blocks.{i}.resnets.{j}", now, width)
            now = width
        if i < len(channels) - 1:
            t.conv(f"encoder.down_blocks.{i}.downsamplers.0.conv", now, now)
    middle("encoder.mid_block", now)
    t.norm("encoder.conv_norm_out", now)
    t.conv("encoder.conv_out", 2 * latent, now)
    t.conv("quant_conv", 2 * latent, 2 * latent, 1)
    t.conv("post_quant_conv", latent, latent, 1)
    t.conv("decoder.conv_in", now, latent)
    middle("decoder.mid_block", now)
    for k, width in enumerate(reversed(channels)):
        for j in range(c["layers_per_block"] + 1):
            resnet(f"decoder.up_blocks.{k}.resnets.{j}", now, width)
            now = width
        if k < len(channels) - 1:
            t.conv(f"decoder.up_blocks.{k}.upsamplers.0.conv", now, now)
    t.norm("decoder.conv_norm_out", now)
    t.conv("decoder.conv_out", c["out_channels"], now)
    return t


def configs(divide):
    crossing, plain = "CrossAttn", "DownBlock2D"
    return {
        "text_encoder": {
            "architectures": ["CLIPTextModel"], "model_type": "clip_text_model", "hidden_size": 768 // divide, "intermediate_size": 3072 // divide, "num_hidden_layers": 12,
            "num_attention_heads": 12, "max_position_embeddings": 77, "vocab_size": 49408, "hidden_act": "quick_gelu", "layer_norm_eps": 1e-5, "projection_dim": 768 // divide,
            "bos_token_id": 0, "eos_token_id": 2, "pad_token_id": 1},
        "unet": {
            "_class_name": "UNet2DConditionModel", "act_fn": "silu", "attention_head_dim": 8, "block_out_channels": [n // divide for n in (320, 640, 1280, 1280)],
            "center_input_sample": False, "cross_attention_dim": 768 // divide, "down_block_types": [crossing + plain] * 3 + [plain], "downsample_padding": 1,
            "flip_sin_to_cos": True, "freq_shift": 0, "in_channels": 4, "layers_per_block": 2, "mid_block_scale_factor": 1, "norm_eps": 1e-5, "norm_num_groups": 32 // divide,
            "out_channels": 4, "sample_size": 64, "up_block_types": ["UpBlock2D"] + [crossing + "UpBlock2D"] * 3},
        "vae": {
            "_class_name": "AutoencoderKL", "act_fn": "silu", "block_out_channels": [n // divide for n in (128, 256, 512, 512)], "down_block_types": ["DownEncoderBlock2D"] * 4,
            "in_channels": 3, "latent_channels": 4, "layers_per_block": 2, "norm_num_groups": 32 // divide, "out_channels": 3, "sample_size": 512,
            "up_block_types": ["UpDecoderBlock2D"] * 4, "scaling_factor": 0.18215},
        "scheduler": {
            "_class_name": "PNDMScheduler", "beta_end": 0.012, "beta_schedule": "scaled_linear", "beta_start": 0.00085, "num_train_timesteps": 1000, "set_alpha_to_one": False,
            "skip_prk_steps": True, "steps_offset": 1, "trained_betas": None, "clip_sample": False}}


def byte_tokenizer():
    """CLIP's vocabulary without any merge: 256 bytes, 256 that end a word, start and end."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    letters = [chr(b) for b in printable] + [chr(256 + n) for n in range(256 - len(printable))]
    words = letters + [x + "</w>" for x in letters] + ["<|startoftext|>", "<|endoftext|>"]
    return {word: i for i, word in enumerate(words)}


def main():
    p = argparse.ArgumentParser()
    p.add_argument("out", type=pathlib.Path)
    p.add_argument("--tokenizer", type=pathlib.Path)
    p.add_argument("--divide", type=int, choices=(1, 2, 4, 8), default=1)
    a = p.parse_args()
    numbers, total = pool(), 0
    for part, config in configs(a.divide).items():
        folder = a.out / part
        folder.mkdir(parents=True, exist_ok=True)
        name = "scheduler_config.json" if part == "scheduler" else "config.json"
        (folder / name).write_text(json.dumps(config, indent=1))
        if part != "scheduler":
            file = "model.safetensors" if part == "text_encoder" else "diffusion_pytorch_model.safetensors"
            count = {"text_encoder": text_encoder, "unet": unet, "vae": vae}[part](config).write(folder / file, numbers)
            print(f"{part}: {count / 1e6:.1f} M parameters")
            total += count
    folder = a.out / "tokenizer"
    folder.mkdir(exist_ok=True)
    if a.tokenizer:
        for name in ("vocab.json", "merges.txt"):
            shutil.copy(a.tokenizer / name, folder / name)
    else:
        (folder / "vocab.json").write_text(json.dumps(byte_tokenizer()))
        (folder / "merges.txt").write_text("#version: 0.2\n")
    (folder / "tokenizer_config.json").write_text(json.dumps({
        "tokenizer_class": "CLIPTokenizer", "bos_token": "<|startoftext|>", "eos_token": "<|endoftext|>", "unk_token": "<|endoftext|>",
        "pad_token": "<|endoftext|>", "model_max_length": 77, "do_lower_case": True}, indent=1))
    (a.out / "model_index.json").write_text(json.dumps({
        "_class_name": "StableDiffusionPipeline", "_diffusers_version": "0.6.0", "text_encoder": ["transformers", "CLIPTextModel"],
        "unet": ["diffusers", "UNet2DConditionModel"], "vae": ["diffusers", "AutoencoderKL"], "scheduler": ["diffusers", "PNDMScheduler"],
        "tokenizer": ["transformers", "CLIPTokenizer"], "safety_checker": [None, None], "feature_extractor": [None, None]}, indent=1))
    print(f"{total / 1e6:.1f} M parameters in {a.out}")


main()
