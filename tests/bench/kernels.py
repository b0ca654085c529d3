# SPDX-License-Identifier: MIT
"""The kernels that are compared: a graph of one node for Hekla, the same work for PyTorch and for llama.cpp, the truth in float64, and the bars."""
import dataclasses, math
from typing import Callable

import numpy as np
import torch
from torch.nn import functional as F


@dataclasses.dataclass
class Kernel:
    name: str
    node: str                      # the graph's one node, of x (y, z) and w.a
    shapes: list                   # of the inputs x, y, z
    torch: Callable                # of the inputs and the weights, as float32 or float64 tensors
    flops: float
    out: list                      # shape of the result
    weights: dict = dataclasses.field(default_factory=dict)  # name below w.a -> shape
    stored: str = "f32"            # how a.weight is stored
    ggml: list = dataclasses.field(default_factory=list)  # Ggml, of which the fastest counts
    bars: dict = dataclasses.field(default_factory=dict)  # side -> how many times its speed is asked for

    def graph(self):
        names = "xyz"[:len(self.shapes)]
        inputs = "".join(f"  {n}: float{s}\n" for n, s in zip(names, self.shapes))
        return f"hekla: 1\nname: {self.name}\ninputs:\n{inputs}graph:\n  out: {self.node}\noutputs:\n  out: float{self.out}\n"

    def draw(self, seed):
        """Inputs in [-1, 1), and weights scaled by their fan-in."""
        random = np.random.default_rng(seed)
        inputs = [random.uniform(-1, 1, s).astype(np.float32) for s in self.shapes]
        scale = lambda shape: math.sqrt(3 / math.prod(shape[1:]))
        return inputs, {name: random.uniform(-scale(s), scale(s), s).astype(np.float32) for name, s in self.weights.items()}


@dataclasses.dataclass
class Ggml:
    """What llama.cpp calls it: the operation, its number, and its operands in order, as (name of an input or weight, type[, axes as numpy permutes them])."""
    op: str
    operands: list
    param: float = 0
    result: list = None            # axes that bring its result into ours


def linear(rows, k, out, stored, word, bars):
    return Kernel(f"{word}_{stored}", f"linear(x, w.a, out={out}, bias=false)", [[rows, k]], lambda x, w: F.linear(x, w), 2 * rows * k * out, [rows, out],
                  {"weight": (out, k)}, stored, [Ggml("mul_mat", [("weight", stored), ("x", "f32")])], bars)


def convolution(channels, side, kernel, bars):
    # With f16 weights it multiplies through im2col in f16: its own choice of precision.
    variants = [Ggml(op, [("weight", kind), ("x", "f32")]) for op, kind in (("conv_2d_direct", "f32"), ("conv_2d_direct", "f16"), ("conv_2d", "f16"))]
    shape = [1, channels, side, side]
    return Kernel(f"conv_{kernel}x{kernel}_{channels}ch_{side}", f"conv2d(x, w.a, out={channels}, kernel={kernel}, bias=false)", [shape],
                  lambda x, w: F.conv2d(x, w, padding=kernel // 2), 2 * channels**2 * side**2 * kernel**2, shape, {"weight": (channels, channels, kernel, kernel)}, "f32", variants, bars)


def attention(queries, keys, bars):
    heads, size = 8, 64
    q, k = [1, heads, queries, size], [1, heads, keys, size]
    scale = 1 / math.sqrt(size)
    variants = [Ggml("flash_attn", [("x", "f32"), ("y", kind), ("z", kind)], scale, [0, 2, 1, 3]) for kind in ("f16", "f32")]
    variants.append(Ggml("attention", [("x", "f32"), ("y", "f32"), ("z", "f32", [0, 1, 3, 2])], scale))
    return Kernel(f"attention_{queries}_of_{keys}", "attention(x, y, z)", [q, k, k], lambda x, y, z: F.scaled_dot_product_attention(x, y, z),
                  4 * heads * queries * keys * size, q, ggml=variants, bars=bars)


def simple(name, node, shapes, run, flops_each, op, param=0, bars=None):
    operands = [(n, "f32") for n in "xyz"[:len(shapes)]]
    return Kernel(name, node, shapes, run, flops_each * math.prod(shapes[0]), shapes[0], ggml=[Ggml(op, operands, param)], bars=bars or {"llama.cpp": 8})


def rms_norm(x):
    return x * torch.rsqrt((x * x).mean(-1, keepdim=True) + 1e-5)


# Sizes in names are width first, as ggml writes them: rms_norm_4096x512 is 512 rows of 4096.
KERNELS = [
    *(linear(1024, 1024, 1024, s, "gemm_1024", {"llama.cpp": 6} | ({"ncnn, estimated": 6, "PyTorch": 0.4} if s == "f32" else {})) for s in ("f32", "f16", "q8_0", "q4_0")),
    *(linear(512, 4096, 4096, s, "gemm_4096x512x4096", {"llama.cpp": 6} | ({"PyTorch": 0.4} if s == "f32" else {})) for s in ("f32", "f16", "q8_0", "q4_0")),
    *(linear(1, 4096, 4096, s, "matvec_4096", {"llama.cpp": 8}) for s in ("f32", "f16", "q8_0", "q4_0")),
    convolution(64, 128, 3, {"llama.cpp": 8}),
    convolution(320, 64, 3, {"llama.cpp": 6}),
    convolution(320, 64, 1, {}),
    attention(1024, 1024, {"llama.cpp": 10}),
    attention(1, 1024, {"llama.cpp": 5}),
    simple("softmax_4096x1024", "softmax(x)", [[1024, 4096]], lambda x: torch.softmax(x, -1), 4, "soft_max"),
    simple("rms_norm_4096x512", "rms_norm(x, eps=1e-5)", [[512, 4096]], rms_norm, 4, "rms_norm", 1e-5),
    Kernel("layer_norm_4096x512", "layer_norm(x, w.a, eps=1e-5)", [[512, 4096]], lambda x, w, b: F.layer_norm(x, x.shape[-1:], w, b), 7 * 512 * 4096, [512, 4096],
           {"weight": (4096,), "bias": (4096,)}, ggml=[Ggml("layer_norm", [("x", "f32"), ("weight", "f32"), ("bias", "f32")], 1e-5)], bars={"llama.cpp": 8}),
    simple("group_norm_320x64x64", "group_norm(x, groups=32, eps=1e-5)", [[1, 320, 64, 64]], lambda x: F.group_norm(x, 32), 7, "group_norm", 32),
    simple("add_4M", "x + y", [[4096, 1024]] * 2, lambda x, y: x + y, 1, "add"),
    simple("silu_4M", "silu(x)", [[4096, 1024]], lambda x: F.silu(x), 4, "silu"),
]
