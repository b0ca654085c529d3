# SPDX-License-Identifier: MIT
"""The UNet of Stable Diffusion 1.x (Rombach et al. 2022) with its published tensor names."""
import math

import torch
from torch import nn
from torch.nn import functional as F


def time_wave(time, d):
    """time [b] -> cosines and sines [b, d], as in Vaswani et al. 2017 with cosines first."""
    rate = torch.exp(-math.log(10000) * torch.arange(d // 2, dtype=torch.float32) / (d // 2))
    angle = time[:, None].float() * rate
    return torch.cat([angle.cos(), angle.sin()], 1)


class TimeEmbedding(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.linear_1, self.linear_2 = nn.Linear(c, 4 * c), nn.Linear(4 * c, 4 * c)

    def forward(self, x):
        return self.linear_2(F.silu(self.linear_1(x)))


class Resnet(nn.Module):
    def __init__(self, c_in, c_out, d_time, groups):
        super().__init__()
        self.norm1 = nn.GroupNorm(groups, c_in)
        self.conv1 = nn.Conv2d(c_in, c_out, 3, padding=1)
        self.time_emb_proj = nn.Linear(d_time, c_out)
        self.norm2 = nn.GroupNorm(groups, c_out)
        self.conv2 = nn.Conv2d(c_out, c_out, 3, padding=1)
        if c_in != c_out:
            self.conv_shortcut = nn.Conv2d(c_in, c_out, 1)

    def forward(self, x, time):
        y = self.conv1(F.silu(self.norm1(x))) + self.time_emb_proj(F.silu(time))[:, :, None, None]
        y = self.conv2(F.silu(self.norm2(y)))
        return y + (self.conv_shortcut(x) if hasattr(self, "conv_shortcut") else x)


class Attention(nn.Module):
    def __init__(self, c, d_source, heads):
        super().__init__()
        self.heads = heads
        self.to_q = nn.Linear(c, c, bias=False)
        self.to_k, self.to_v = (nn.Linear(d_source, c, bias=False) for _ in range(2))
        self.to_out = nn.ModuleList([nn.Linear(c, c)])

    def forward(self, x, source):
        q, k, v = (
            y.unflatten(2, (self.heads, -1)).transpose(1, 2)
            for y in (self.to_q(x), self.to_k(source), self.to_v(source))
        )
        repeat = q.shape[0] // k.shape[0]  # one text may serve several pictures
        if repeat > 1:
            k, v = k.repeat_interleave(repeat, 0), v.repeat_interleave(repeat, 0)
        y = torch.softmax(q @ k.transpose(2, 3) * q.shape[3] ** -0.5, -1) @ v
        return self.to_out[0](y.transpose(1, 2).flatten(2))


class GatedLinear(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.proj = nn.Linear(c, 8 * c)

    def forward(self, x):
        value, gate = self.proj(x).chunk(2, 2)
        return value * F.gelu(gate)


class FeedForward(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.net = nn.ModuleList([GatedLinear(c), nn.Identity(), nn.Linear(4 * c, c)])

    def forward(self, x):
        return self.net[2](self.net[0](x))


class TransformerLayer(nn.Module):
    def __init__(self, c, d_text, heads):
        super().__init__()
        self.norm1, self.norm2, self.norm3 = (nn.LayerNorm(c) for _ in range(3))
        self.attn1, self.attn2 = Attention(c, c, heads), Attention(c, d_text, heads)
        self.ff = FeedForward(c)

    def forward(self, x, text):
        n = self.norm1(x)
        x = x + self.attn1(n, n)
        x = x + self.attn2(self.norm2(x), text)
        return x + self.ff(self.norm3(x))


class Transformer(nn.Module):
    def __init__(self, c, d_text, heads, groups):
        super().__init__()
        self.norm = nn.GroupNorm(groups, c, 1e-6)
        self.proj_in, self.proj_out = nn.Conv2d(c, c, 1), nn.Conv2d(c, c, 1)
        self.transformer_blocks = nn.ModuleList([TransformerLayer(c, d_text, heads)])

    def forward(self, x, text):
        y = self.proj_in(self.norm(x)).flatten(2).transpose(1, 2)
        y = self.transformer_blocks[0](y, text)
        return x + self.proj_out(y.transpose(1, 2).reshape(x.shape))


class Convolution(nn.Module):
    """Halves the picture, or fits it by nearest neighbours to the size of the next level."""

    def __init__(self, c, stride):
        super().__init__()
        self.conv = nn.Conv2d(c, c, 3, stride, 1)

    def forward(self, x, size=None):
        return self.conv(F.interpolate(x, size) if size else x)


class Level(nn.Module):
    """Resnets from widths[j] to c, each followed by a transformer where the level attends."""

    def __init__(self, widths, c, attends, config):
        super().__init__()
        groups, heads = config["norm_num_groups"], config["attention_head_dim"]
        d_time, d_text = 4 * config["block_out_channels"][0], config["cross_attention_dim"]
        self.resnets = nn.ModuleList(Resnet(a, c, d_time, groups) for a in widths)
        if attends:
            self.attentions = nn.ModuleList(Transformer(c, d_text, heads, groups) for _ in widths)

    def part(self, j, x, time, text):
        x = self.resnets[j](x, time)
        return self.attentions[j](x, text) if hasattr(self, "attentions") else x


class Middle(nn.Module):
    def __init__(self, c, config):
        super().__init__()
        groups, heads = config["norm_num_groups"], config["attention_head_dim"]
        d_time, d_text = 4 * config["block_out_channels"][0], config["cross_attention_dim"]
        self.resnets = nn.ModuleList(Resnet(c, c, d_time, groups) for _ in range(2))
        self.attentions = nn.ModuleList([Transformer(c, d_text, heads, groups)])

    def forward(self, x, time, text):
        x = self.attentions[0](self.resnets[0](x, time), text)
        return self.resnets[1](x, time)


class UNet(nn.Module):
    """attention_head_dim is the number of heads, as in the published configurations."""

    def __init__(self, config):
        super().__init__()
        widths, count = config["block_out_channels"], config["layers_per_block"]
        last = len(widths) - 1
        self.conv_in = nn.Conv2d(config["in_channels"], widths[0], 3, padding=1)
        self.time_embedding = TimeEmbedding(widths[0])
        self.down_blocks, self.up_blocks = nn.ModuleList(), nn.ModuleList()
        skips = [widths[0]]
        for i, (c, kind) in enumerate(zip(widths, config["down_block_types"])):
            inner = [widths[max(i - 1, 0)]] + [c] * (count - 1)
            level = Level(inner, c, kind == "CrossAttnDownBlock2D", config)
            skips += [c] * count
            if i < last:
                level.downsamplers = nn.ModuleList([Convolution(c, 2)])
                skips.append(c)
            self.down_blocks.append(level)
        self.mid_block = Middle(widths[-1], config)
        below = widths[-1]
        for i, (c, kind) in enumerate(zip(widths[::-1], config["up_block_types"])):
            inner = [(below if j == 0 else c) + skips.pop() for j in range(count + 1)]
            level = Level(inner, c, kind == "CrossAttnUpBlock2D", config)
            if i < last:
                level.upsamplers = nn.ModuleList([Convolution(c, 1)])
            self.up_blocks.append(level)
            below = c
        self.conv_norm_out = nn.GroupNorm(config["norm_num_groups"], widths[0])
        self.conv_out = nn.Conv2d(widths[0], config["out_channels"], 3, padding=1)

    def forward(self, sample, time, text):
        """sample [b, 4, h, w], time [b], text [b, places, d], or fewer texts each for as many
        neighbouring samples -> [b, 4, h, w]."""
        wave = time_wave(time, self.conv_in.out_channels)
        time = self.time_embedding(wave.to(sample.dtype))
        x = self.conv_in(sample)
        skips = [x]
        for level in self.down_blocks:
            for j in range(len(level.resnets)):
                x = level.part(j, x, time, text)
                skips.append(x)
            if hasattr(level, "downsamplers"):
                x = level.downsamplers[0](x)
                skips.append(x)
        x = self.mid_block(x, time, text)
        for level in self.up_blocks:
            for j in range(len(level.resnets)):
                x = level.part(j, torch.cat([x, skips.pop()], 1), time, text)
            if hasattr(level, "upsamplers"):
                x = level.upsamplers[0](x, skips[-1].shape[2:])
        return self.conv_out(F.silu(self.conv_norm_out(x)))
