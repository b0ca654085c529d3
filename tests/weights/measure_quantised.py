#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What quantising costs a model: measure_quantised.py BIN_DIR MODEL [--device NAME] [--tokens 256] [--seeds 2]

Texts are drawn from the full model itself, so that the loss on them has a known floor; every type then reads the same texts. Printed per type:
MiB of tensors, error of the weights and of the logits (root mean square, in parts of the full ones'), perplexity, Kullback-Leibler divergence
from the full model in nats a token, and how often the likeliest token stays. Python's standard library alone.
"""
import argparse, array, json, math, pathlib, struct, subprocess, tempfile

TYPES = ("bf16", "q8_0", "q6_k", "q5_k", "q5_1", "q5_0", "q4_k", "q4_1", "q4_0")


def command(*arguments):
    done = subprocess.run(list(map(str, arguments)), capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if done.returncode:
        raise SystemExit(done.stderr)
    return done.stdout


def main():
    p = argparse.ArgumentParser()
    p.add_argument("bin", type=pathlib.Path)
    p.add_argument("model", type=pathlib.Path)
    p.add_argument("--device", default="cpu")
    p.add_argument("--tokens", type=int, default=256)
    p.add_argument("--seeds", type=int, default=2)
    a = p.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        start = [0]
        texts = [start + [int(i) for i in command(a.bin / "hekla-text", "--model", a.model, "--prompt-ids", "0", "--print-ids", "--temperature", "1", "--top-p", "1", "--seed", seed,
                                                  "--max-tokens", a.tokens, "--device", a.device, "--quiet").split(",")] for seed in range(1, a.seeds + 1)]

        def logits(model):
            rows = []
            for ids in texts:
                data = array.array("i", ids[:-1]).tobytes()
                head = json.dumps({"ids": {"dtype": "I32", "shape": [1, len(ids) - 1], "data_offsets": [0, len(data)]}}).encode()
                (folder / "in.safetensors").write_bytes(struct.pack("<Q", len(head)) + head + data)
                command(a.bin / "hekla", "run", "--model", model, "--inputs", folder / "in.safetensors", "--outputs", folder / "out.safetensors", "--only", "logits", "--device", a.device)
                raw = (folder / "out.safetensors").read_bytes()
                size = struct.unpack("<Q", raw[:8])[0]
                entry = json.loads(raw[8:8 + size])["logits"]
                values = array.array("f", raw[8 + size + entry["data_offsets"][0]:8 + size + entry["data_offsets"][1]])
                width = entry["shape"][-1]
                rows += [values[i:i + width] for i in range(0, len(values), width)]
            return rows

        def logarithms(row):
            top = max(row)
            total = top + math.log(sum(math.exp(v - top) for v in row))
            return [v - total for v in row]

        wanted = [i for ids in texts for i in ids[1:]]
        full = logits(a.model)
        full_log = [logarithms(row) for row in full]
        square = sum(v * v for row in full for v in row)
        perplexity = math.exp(-sum(row[i] for row, i in zip(full_log, wanted, strict=True)) / len(wanted))
        print(f"{len(wanted)} tokens; the full model's perplexity {perplexity:.3f}")
        print("| type | MiB | weights' error | logits' error | perplexity | divergence | same token |\n|---|---|---|---|---|---|---|")
        for kind in TYPES:
            model = folder / "small.gguf"
            report = json.loads(command(a.bin / "hekla", "weights", a.model, "--quantise", kind, "-o", model, "--json"))
            rows = logits(model)
            error = math.sqrt(sum((v - w) ** 2 for row, other in zip(rows, full) for v, w in zip(row, other)) / square)
            logs = [logarithms(row) for row in rows]
            perplexity = math.exp(-sum(row[i] for row, i in zip(logs, wanted)) / len(wanted))
            divergence = sum(sum(math.exp(f) * (f - v) for f, v in zip(reference, row)) for reference, row in zip(full_log, logs)) / len(wanted)
            same = sum(row.index(max(row)) == other.index(max(other)) for row, other in zip(rows, full)) / len(rows)
            note = "" if report["changed"] > len(report["kept"]) else f" ({report['changed']} tensors)"
            print(f"| {kind}{note} | {report['bytes'] / 2**20:.2f} | {report['relative_error']:.4f} | {error:.4f} | {perplexity:.3f} | {divergence:.5f} | {same:.1%} |", flush=True)


main()
