# SPDX-License-Identifier: MIT
"""A random Llama of 134 M parameters, F16: tokens a second of prompts and of generation, and the start from nothing."""
import json, math, os, subprocess, sys, time

import numpy as np
import torch
from torch.nn import functional as F

from sides import LLAMA_ENVIRONMENT, in_root
from tensor_files import read_safetensors, write_safetensors

PROMPTS, NEW = (128, 512), 32


class TorchLlama:
    """Float32, with a key/value cache; formulas of Touvron et al. 2023 (arXiv 2302.13971)."""

    def __init__(self, folder):
        self.config = json.loads((folder / "config.json").read_text())
        self.w = {name: torch.from_numpy(t.astype(np.float32)) for name, t in read_safetensors(folder / "model.safetensors").items()}
        self.reset()

    def reset(self):
        self.cache = [None] * self.config["num_hidden_layers"]

    def norm(self, x, name):
        return x * torch.rsqrt((x * x).mean(-1, keepdim=True) + self.config["rms_norm_eps"]) * self.w[name + ".weight"]

    def rope(self, x, start):
        half = x.shape[-1] // 2
        angle = torch.arange(start, start + x.shape[1])[:, None] * self.config["rope_theta"] ** (-torch.arange(half) / half)
        a, b = x[..., :half], x[..., half:]
        return torch.cat([a * angle.cos() - b * angle.sin(), b * angle.cos() + a * angle.sin()], -1)

    def run(self, ids):
        """ids: [T]. Logits of the last token, [vocab]."""
        heads = self.config["num_attention_heads"]
        x = self.w["model.embed_tokens.weight"][ids]
        start = 0 if self.cache[0] is None else self.cache[0][0].shape[1]
        for i in range(self.config["num_hidden_layers"]):
            p = f"model.layers.{i}."
            project = lambda y, name: F.linear(y, self.w[p + name + ".weight"])
            n = self.norm(x, p + "input_layernorm")
            q, k, v = (project(n, f"self_attn.{c}_proj").unflatten(-1, (heads, -1)).transpose(0, 1) for c in "qkv")
            q, k = self.rope(q, start), self.rope(k, start)
            if self.cache[i] is not None:
                k, v = torch.cat([self.cache[i][0], k], 1), torch.cat([self.cache[i][1], v], 1)
            self.cache[i] = (k, v)
            y = F.scaled_dot_product_attention(q[None], k[None], v[None], is_causal=len(ids) > 1)[0]
            x = x + project(y.transpose(0, 1).flatten(1), "self_attn.o_proj")
            n = self.norm(x, p + "post_attention_layernorm")
            x = x + project(F.silu(project(n, "mlp.gate_proj")) * project(n, "mlp.up_proj"), "mlp.down_proj")
        return F.linear(self.norm(x[-1:], "model.norm"), self.w["lm_head.weight"])[0]


class Llama:
    name = "llama_134M"
    bars = {"prompt of 128": {"llama.cpp": 5}, "generation": {"llama.cpp": 6}, "cold start": {"llama.cpp": 10}}

    def __init__(self, options, sides, folder):
        self.options, self.hekla, self.folder = options, sides["Hekla"], folder
        self.llama = sides.get("llama.cpp")

    def prepare(self):
        subprocess.run([sys.executable, self.options.here / "random_llama.py", self.folder], check=True, stdout=subprocess.DEVNULL)
        ids = np.random.default_rng(1).integers(0, 32000, (1, PROMPTS[0])).astype(np.int32)
        write_safetensors(self.folder / "ids.safetensors", {"ids": ids})
        self.run_words = ["run", "--model", self.folder, "--device", self.options.device, "--only", "last", "--inputs", self.folder / "ids.safetensors",
                          "--outputs", self.folder / "out.safetensors"]
        self.hekla.run(*self.run_words)
        self.torch = TorchLlama(self.folder)
        with torch.inference_mode():
            truth = self.torch.run(torch.from_numpy(ids[0]).long()).numpy()
        return {"Hekla": np.abs(read_safetensors(self.folder / "out.safetensors")["last"].reshape(-1) - truth).max() / truth.std()}

    def measure_hekla(self):
        bench = lambda *words: json.loads(self.hekla.run("bench", "--model", self.folder, "--device", self.options.device, "--only", "last", "--capacity", "P=512", "--below", "32000", "--json", *words))
        out = {}
        for n in PROMPTS:
            out[f"prompt of {n}"] = n / bench("--dims", f"T={n}", "--times", "1")["first_sizes_again_ms"] * 1e3
        told = bench("--dims", "T=1", "--then", "T=1", "--times", NEW)
        out["generation"] = 1e3 / told["replay"]["median_ms"]
        self.hekla.label = f"{told['device_name']}, {told['driver']}"
        empty = self.folder / "empty-cache"
        start = time.monotonic()
        subprocess.run([self.hekla.tool, *map(str, self.run_words)], check=True, capture_output=True,
                       env=os.environ | {"MESA_SHADER_CACHE_DISABLE": "true", "XDG_CACHE_HOME": str(empty)})
        out["cold start"] = time.monotonic() - start
        subprocess.run(["rm", "-r", empty])
        return out

    def measure_torch(self):
        out = {}
        random = np.random.default_rng()
        draw = lambda n: torch.from_numpy(random.integers(0, 32000, n))
        with torch.inference_mode():
            for n in PROMPTS:
                self.torch.reset()
                ids = draw(n)
                start = time.perf_counter()
                self.torch.run(ids)
                out[f"prompt of {n}"] = n / (time.perf_counter() - start)
            self.torch.reset()
            self.torch.run(draw(1))
            start = time.perf_counter()
            for _ in range(NEW):
                self.torch.run(draw(1))
            out["generation"] = NEW / (time.perf_counter() - start)
        return out

    def measure_llama(self):
        """llama-bench inside the peer's root; the cold start is its whole process with the driver's cache off, until a first prompt is done."""
        model = f"/{(self.folder / 'model.gguf').relative_to(self.llama.root)}"
        bench = lambda environment, *words: json.loads(subprocess.run(in_root(self.llama.root, *LLAMA_ENVIRONMENT, *environment, "llama-bench", "-m", model, "-ngl", 99, "-r", 1, "-o", "json", *words),
                                                                      check=True, capture_output=True, text=True).stdout)
        told = bench([], "-p", ",".join(map(str, PROMPTS)), "-n", NEW)
        out = {(f"prompt of {t['n_prompt']}" if t["n_prompt"] else "generation"): t["avg_ts"] for t in told}
        self.llama.label = f"{told[0].get('gpu_info', '?')}, build {told[0].get('build_commit', '?')}"
        start = time.monotonic()
        bench(["MESA_SHADER_CACHE_DISABLE=true"], "-p", PROMPTS[0], "-n", 0, "--no-warmup")
        out["cold start"] = time.monotonic() - start
        return out

    units = {"cold start": "s"}
    unit = "token/s"
