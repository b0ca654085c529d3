#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Hekla beside PyTorch on the same CPU: one guided UNet pass and one VAE decode of a Stable Diffusion 1.x pipeline, interleaved rounds in one run.

compare_diffusion.py PIPELINE [--modules samples/models/hekla-wardrobe] [--bin build/bin] [--device vulkan] [--latent 64] [--rounds 2]
                     [--parts unet vae] [--json out.json] [--markdown out.md]
PIPELINE comes from random_diffusion.py. --modules is where unet.py and vae.py define the networks for PyTorch; attention is replaced there by
PyTorch's own fused one, so that the peer is at its best. Both compute in float32 from the same F16 weights; before anything is measured the
outputs are compared, and the run ends if they differ by more than 1e-3 of their standard deviation. Seconds are medians over the rounds of a
warm run; memory is what each process takes at most above what it had before the weights. A shared machine moves single figures: read the ratio.
"""
import argparse, json, pathlib, resource, statistics, struct, subprocess, sys, tempfile, time

import torch
from torch.nn import functional as F

TYPES = {"F32": torch.float32, "F16": torch.float16, "I32": torch.int32}
INPUTS = {"unet": lambda n: {"sample": (2, 4, n, n), "time": (2,), "text": (2, 77, None)}, "vae": lambda n: {"latent": (1, 4, n, n)}}
OUTPUT = {"unet": "noise", "vae": "image"}
DIMS = {"unet": lambda n: ["B=2", f"LH={n}", f"LW={n}", "L=77"], "vae": lambda n: ["B=1", f"LH={n}", f"LW={n}"]}


def read(path):
    data = pathlib.Path(path).read_bytes()
    size = struct.unpack("<Q", data[:8])[0]
    out = {}
    for name, t in json.loads(data[8:8 + size]).items():
        if name == "__metadata__":
            continue
        begin, end = (8 + size + at for at in t["data_offsets"])
        out[name] = torch.frombuffer(bytearray(data[begin:end]), dtype=TYPES[t["dtype"]]).reshape(t["shape"])
    return out


def write(path, tensors):
    header, at = {}, 0
    for name, t in tensors.items():
        header[name] = {"dtype": "F32", "shape": list(t.shape), "data_offsets": [at, at + 4 * t.numel()]}
        at += 4 * t.numel()
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text)
        for t in tensors.values():
            f.write(t.contiguous().numpy().tobytes())


def fused_attention(self, x, source):
    q, k, v = (y.unflatten(2, (self.heads, -1)).transpose(1, 2) for y in (self.to_q(x), self.to_k(source), self.to_v(source)))
    return self.to_out[0](F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2))


def fused_image_attention(self, x):
    n = self.group_norm(x).flatten(2).transpose(1, 2)
    q, k, v = (y[:, None] for y in (self.to_q(n), self.to_k(n), self.to_v(n)))
    return x + self.to_out[0](F.scaled_dot_product_attention(q, k, v)[:, 0]).transpose(1, 2).reshape(x.shape)


def load(a, part):
    sys.path.insert(0, str(a.modules))
    import unet, vae
    unet.Attention.forward, vae.Attention.forward = fused_attention, fused_image_attention
    config = json.loads((a.pipeline / part / "config.json").read_text())
    torch.set_default_device("meta")
    model = {"unet": unet.UNet, "vae": vae.AutoencoderKL}[part](config)
    torch.set_default_device("cpu")
    weights = {name: t.float() for name, t in read(a.pipeline / part / "diffusion_pytorch_model.safetensors").items()}
    model.load_state_dict(weights, assign=True)
    run = model.eval() if part == "unet" else model.eval().decode
    return run, config


def memory_peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def hekla(a, *words):
    return subprocess.run([f"{a.bin}/hekla", *words], capture_output=True, text=True, check=True).stdout


def compare(a, part):
    before = memory_peak()
    run, config = load(a, part)
    draw = torch.Generator().manual_seed(1)
    inputs = {}
    for name, shape in INPUTS[part](a.latent).items():
        shape = [config["cross_attention_dim"] if n is None else n for n in shape]
        inputs[name] = torch.full(shape, 500.0) if name == "time" else torch.randn(shape, generator=draw)
    checkpoint = ["--model", str(a.pipeline / part), "--device", a.device] + (["--entry", "decode"] if part == "vae" else [])
    with tempfile.TemporaryDirectory() as folder, torch.inference_mode():
        write(f"{folder}/in.safetensors", inputs)
        hekla(a, "run", *checkpoint, "--inputs", f"{folder}/in.safetensors", "--outputs", f"{folder}/out.safetensors")
        ours = read(f"{folder}/out.safetensors")[OUTPUT[part]]
        theirs = run(*inputs.values())
    difference = ((ours - theirs).abs().max() / theirs.std()).item()
    if not difference < 1e-3:
        sys.exit(f"{part}: the outputs differ by {difference:.2g} standard deviations; nothing was measured")
    rounds = []
    for _ in range(a.rounds):
        start = time.monotonic()
        with torch.inference_mode():
            run(*inputs.values())
        seconds = time.monotonic() - start
        bench = json.loads(hekla(a, "bench", *checkpoint, *(w for d in DIMS[part](a.latent) for w in ("--dims", d)), "--times", "1", "--json"))
        rounds.append({"torch_s": seconds, "hekla_s": bench["replay"]["median_ms"] / 1e3, "hekla": bench})
    return {"part": part, "largest difference, standard deviations": difference, "rounds": rounds, "torch_peak_bytes": memory_peak() - before,
            "hekla_peak_bytes": bench["run_peak_bytes"], "hekla_predicted_bytes": bench["predicted_peak_bytes"], "device": f"{bench['device_name']}, {bench['driver']}"}


def main():
    p = argparse.ArgumentParser()
    p.add_argument("pipeline", type=pathlib.Path)
    p.add_argument("--modules", type=pathlib.Path, default="samples/models/hekla-wardrobe")
    p.add_argument("--bin", default="build/bin")
    p.add_argument("--device", default="vulkan")
    p.add_argument("--latent", type=int, default=64, help="latent height and width: an eighth of the picture's")
    p.add_argument("--rounds", type=int, default=2)
    p.add_argument("--parts", nargs="+", choices=("unet", "vae"), default=["unet", "vae"])
    p.add_argument("--json", type=pathlib.Path)
    p.add_argument("--markdown", type=pathlib.Path)
    a = p.parse_args()
    results = [compare(a, part) for part in a.parts]
    names = {"unet": f"guided UNet pass, two at {a.latent}x{a.latent}", "vae": f"VAE decode to {8 * a.latent}x{8 * a.latent}"}
    gib = lambda n: f"{n / 2**30:.2f} GiB"
    lines = [f"Hekla: {results[0]['device']}; PyTorch {torch.__version__}, {torch.get_num_threads()} threads; float32, F16 weights\n",
             "| | Hekla, s | PyTorch CPU, s | ratio | Hekla's peak (predicted) | PyTorch's peak |", "|---|---|---|---|---|---|"]
    for r in results:
        ours, theirs = (statistics.median(x[key] for x in r["rounds"]) for key in ("hekla_s", "torch_s"))
        lines.append(f"| {names[r['part']]} | {ours:.1f} | {theirs:.1f} | {ours / theirs:.1f} | {gib(r['hekla_peak_bytes'])} ({gib(r['hekla_predicted_bytes'])}) "
                     f"| {gib(r['torch_peak_bytes'])} |")
    print("\n".join(lines))
    if a.markdown:
        a.markdown.write_text("\n".join(lines) + "\n")
    if a.json:
        a.json.write_text(json.dumps(results, indent=1))


main()
