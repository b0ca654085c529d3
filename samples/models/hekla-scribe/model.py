# SPDX-License-Identifier: MIT
"""The Llama architecture for training on a CPU: bfloat16 products, float32 weights and residuals.

Debian's torch multiplies bfloat16 matrices through oneDNN (AVX-512 or AMX, hundreds of GFLOP/s)
but float32 ones through reference BLAS, and its fused attention has a slow backward pass. So the
parts between the products are written out here with their derivatives, to touch memory as little
as possible. The formulas are those of check.py, which shares no code with this file.
"""
import math

import torch
import torch.nn.functional as F
from torch import nn

ATTENTION_ROWS = 128  # queries handled together; keys after them are never looked at


class Norm(torch.autograd.Function):
    """y = x / rms(x) * weight; x float32 [n, d], y in `dtype`."""

    @staticmethod
    def forward(ctx, x, weight, eps, dtype):
        scale = torch.rsqrt(x.square().mean(-1, keepdim=True).add_(eps))
        ctx.save_for_backward(x, weight, scale)
        return (x * scale).mul_(weight).to(dtype)

    @staticmethod
    def backward(ctx, dy):
        x, weight, scale = ctx.saved_tensors
        normed = x * scale
        dy = dy.float()
        dweight = torch.linalg.vecdot(dy, normed, dim=0)
        dy = dy * weight
        along = torch.linalg.vecdot(dy, normed, dim=-1).div_(x.shape[-1]).unsqueeze(-1)
        return dy.sub_(normed.mul_(along)).mul_(scale), dweight, None, None


def rotate(x, cos, sin):
    """Half-style rotary embedding of x [..., head_dim]: (a, b) -> (a cos - b sin, b cos + a sin).
    """
    a, b = x.chunk(2, -1)
    out = torch.empty_like(x)
    first, second = out.chunk(2, -1)
    torch.mul(a, cos, out=first).addcmul_(b, sin, value=-1)
    torch.mul(b, cos, out=second).addcmul_(a, sin)
    return out


class Attention(torch.autograd.Function):
    """Causal grouped-query attention: joint projection qkv [b, t, h + 2 kv, d] -> [b t, h d].

    Rotary embedding included. The query heads that share a key head are stacked as rows of one
    product; scores exist for ATTENTION_ROWS queries at a time."""

    @staticmethod
    def split(qkv, heads, kv, cos, sin):
        b, t, _, d = qkv.shape
        turned = rotate(qkv[:, :, : heads + kv], cos, sin).transpose(1, 2)
        q = (turned[:, :heads] * d**-0.5).reshape(b * kv, heads // kv, t, d)
        k = turned[:, heads:].reshape(b * kv, t, d)
        return q, k, qkv[:, :, heads + kv :].transpose(1, 2).reshape(b * kv, t, d)

    @staticmethod
    def forward(ctx, qkv, heads, kv, cos, sin):
        b, t, _, d = qkv.shape
        group = heads // kv
        q, k, v = Attention.split(qkv, heads, kv, cos, sin)
        rows = min(ATTENTION_ROWS, t)
        mask = torch.full((rows, rows), -math.inf, dtype=q.dtype).triu_(1)
        out = torch.empty_like(q)
        weights = []
        for at in range(0, t, rows):
            end = min(at + rows, t)
            piece = q[:, :, at:end].reshape(b * kv, -1, d)
            scores = torch.bmm(piece, k[:, :end].transpose(1, 2)).view(b * kv, group, end - at, end)
            scores[..., at:] += mask[: end - at, : end - at]
            weights.append(torch.softmax(scores, -1).view(b * kv, -1, end))
            out[:, :, at:end] = torch.bmm(weights[-1], v[:, :end]).view(b * kv, group, -1, d)
        ctx.save_for_backward(q, k, v, cos, sin, *weights)
        ctx.sizes = b, t, heads, kv, d, rows
        return out.view(b, heads, t, d).transpose(1, 2).reshape(b * t, heads * d)

    @staticmethod
    def backward(ctx, dout):
        q, k, v, cos, sin, *weights = ctx.saved_tensors
        b, t, heads, kv, d, rows = ctx.sizes
        group = heads // kv
        dout = dout.view(b, t, heads, d).transpose(1, 2).reshape(b * kv, group, t, d)
        dqkv = torch.empty((b, t, heads + 2 * kv, d), dtype=q.dtype)
        dq = torch.empty_like(q)
        dk = torch.zeros(k.shape, dtype=torch.float32)
        dv = torch.zeros(v.shape, dtype=torch.float32)
        for part, at in zip(weights, range(0, t, rows)):
            end = min(at + rows, t)
            dpiece = dout[:, :, at:end].reshape(b * kv, -1, d)
            dscores = torch.bmm(dpiece, v[:, :end].transpose(1, 2))
            dscores = torch.ops.aten._softmax_backward_data(dscores, part, -1, part.dtype)
            dv[:, :end] += torch.bmm(part.transpose(1, 2), dpiece)
            piece = q[:, :, at:end].reshape(b * kv, -1, d)
            dk[:, :end] += torch.bmm(dscores.transpose(1, 2), piece)
            dq[:, :, at:end] = torch.bmm(dscores, k[:, :end]).view(b * kv, group, -1, d)
        turned = torch.cat(
            (dq.mul_(d**-0.5).view(b, heads, t, d), dk.to(q.dtype).view(b, kv, t, d)), 1
        )
        dqkv[:, :, : heads + kv] = rotate(turned.transpose(1, 2), cos, -sin)
        dqkv[:, :, heads + kv :] = dv.view(b, kv, t, d).transpose(1, 2)
        return dqkv, None, None, None, None


class SwiGlu(torch.autograd.Function):
    """silu(gate) * up for the joint projection [n, 2 f], gate first."""

    @staticmethod
    def forward(ctx, both):
        ctx.save_for_backward(both)
        gate, up = both.chunk(2, -1)
        return F.silu(gate).mul_(up)

    @staticmethod
    def backward(ctx, dy):
        (both,) = ctx.saved_tensors
        gate, up = both.chunk(2, -1)
        out = torch.empty_like(both)
        dgate, dup = out.chunk(2, -1)
        torch.mul(dy, F.silu(gate), out=dup)
        dgate.copy_(torch.ops.aten.silu_backward(dy * up, gate))
        return out


class HeadLoss(torch.autograd.Function):
    """Mean cross-entropy of x [n, d] . weight^T [d, vocab] against targets [n], 512 rows at a time;
    the derivative by the logits is made on the way forward, so they are never stored in float32."""

    @staticmethod
    def forward(ctx, x, weight, targets):
        n = x.shape[0]
        total = 0.0
        derivative = torch.empty((n, weight.shape[0]), dtype=x.dtype)
        for at in range(0, n, 512):
            logits = F.linear(x[at : at + 512], weight).float()
            logs = torch.log_softmax(logits, -1)
            rows = torch.arange(logs.shape[0])
            target = targets[at : at + 512]
            total -= logs[rows, target].sum().item()
            logs.exp_()
            logs[rows, target] -= 1
            derivative[at : at + 512] = logs.mul_(1 / n)
        ctx.save_for_backward(x, weight, derivative)
        return torch.tensor(total / n)

    @staticmethod
    def backward(ctx, dloss):
        x, weight, derivative = ctx.saved_tensors
        derivative = derivative * dloss.to(derivative.dtype)
        return derivative @ weight, derivative.t() @ x, None


class Llama(nn.Module):
    """The network that `config` (a Hugging Face config.json of model_type llama) describes, with
    q/k/v and gate/up each kept as one matrix."""

    def __init__(self, config, dtype=torch.bfloat16):
        super().__init__()
        self.config, self.dtype = config, dtype
        d, f = config["hidden_size"], config["intermediate_size"]
        heads, kv, size = (
            config[k] for k in ("num_attention_heads", "num_key_value_heads", "head_dim")
        )
        spread = config["initializer_range"]
        last = spread / math.sqrt(2 * config["num_hidden_layers"])

        def matrix(rows, columns, std):
            return nn.Parameter(torch.randn(rows, columns) * std)

        self.embed = matrix(config["vocab_size"], d, spread)
        self.norm = nn.Parameter(torch.ones(d))
        self.layers = nn.ModuleList()
        for _ in range(config["num_hidden_layers"]):
            layer = nn.Module()
            layer.norm1 = nn.Parameter(torch.ones(d))
            layer.qkv = matrix((heads + 2 * kv) * size, d, spread)
            layer.out = matrix(d, heads * size, last)
            layer.norm2 = nn.Parameter(torch.ones(d))
            layer.gate_up = matrix(2 * f, d, spread)
            layer.down = matrix(d, f, last)
            self.layers.append(layer)

    def forward(self, ids, targets):
        """Mean loss in nats per token; ids, targets: int64 [batch, time]."""
        c = self.config
        b, t = ids.shape
        heads, kv, size = c["num_attention_heads"], c["num_key_value_heads"], c["head_dim"]
        eps = c["rms_norm_eps"]
        inverse = c["rope_theta"] ** (-torch.arange(0, size, 2) / size)
        angle = (torch.arange(t)[:, None] * inverse)[:, None]
        cos, sin = angle.cos().to(self.dtype), angle.sin().to(self.dtype)

        def linear(x, w):
            return F.linear(x, w.to(self.dtype))

        x = F.embedding(ids.reshape(-1), self.embed)
        for layer in self.layers:
            qkv = linear(Norm.apply(x, layer.norm1, eps, self.dtype), layer.qkv)
            qkv = qkv.view(b, t, heads + 2 * kv, size)
            x = x + linear(Attention.apply(qkv, heads, kv, cos, sin), layer.out)
            both = linear(Norm.apply(x, layer.norm2, eps, self.dtype), layer.gate_up)
            x = x + linear(SwiGlu.apply(both), layer.down)
        x = Norm.apply(x, self.norm, eps, self.dtype)
        return HeadLoss.apply(x, self.embed.to(self.dtype), targets.reshape(-1))

    def matrices(self, of=lambda parameter: parameter.detach()):
        """[view of each of the layers' matrices that stands on its own]; `of` may name another
        tensor of the parameter's shape, as its gradient."""
        c = self.config
        kv = c["num_key_value_heads"] * c["head_dim"]
        views = []
        for layer in self.layers:
            views += of(layer.qkv).split([c["num_attention_heads"] * c["head_dim"], kv, kv])
            views += [of(layer.out), *of(layer.gate_up).chunk(2), of(layer.down)]
        return views

    def tensors(self):
        """{Hugging Face's tensor name: float32 tensor}."""
        named = {"model.embed_tokens.weight": self.embed, "model.norm.weight": self.norm}
        names = "self_attn.q self_attn.k self_attn.v self_attn.o mlp.gate mlp.up mlp.down".split()
        matrices = iter(self.matrices())
        for i, layer in enumerate(self.layers):
            at = f"model.layers.{i}."
            named[at + "input_layernorm.weight"] = layer.norm1
            named[at + "post_attention_layernorm.weight"] = layer.norm2
            named |= {f"{at}{name}_proj.weight": next(matrices) for name in names}
        return {name: tensor.detach() for name, tensor in named.items()}
