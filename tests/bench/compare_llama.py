#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Hekla beside llama.cpp's Vulkan backend: one random Llama, same sizes, F16 weights, same driver, interleaved rounds in one run.

compare_llama.py MODEL_DIR --peer-root DIR [--bin build/bin] [--rounds 3] [--prompt 128] [--new 32] [--json out.json]
MODEL_DIR comes from random_llama.py, DIR from peer_root (MODEL_DIR must be reachable inside it: it is bind-mounted). Run as root.
Medians over the rounds; a shared machine moves single figures by a fifth, so read the ratio.
"""
import argparse, json, os, pathlib, statistics, subprocess, time


def hekla(a):
    out = subprocess.run([f"{a.bin}/hekla", "bench", "--model", str(a.model), "--device", "vulkan", "--dims", f"T={a.prompt}", "--then", "T=1", "--only", "last", "--capacity", "P=512",
                          "--times", str(a.new), "--json"], capture_output=True, text=True, check=True).stdout
    r = json.loads(out)
    return {"prompt tokens/s": a.prompt / r["first_sizes_again_ms"] * 1e3, "new tokens/s": 1e3 / r["replay"]["median_ms"], "load and first prompt, s": (r["load_ms"] + r["first_run_ms"]) / 1e3,
            "device": r["device_name"] + ", " + r["driver"]}


def llama(a, cold):
    env = ["env", "GGML_VK_VISIBLE_DEVICES=0", "GGML_VK_DISABLE_COOPMAT=1", "GGML_VK_DISABLE_COOPMAT2=1"]  # its best setting on lavapipe (speed.md)
    if cold:
        env += ["MESA_SHADER_CACHE_DISABLE=true"]
    start = time.monotonic()
    out = subprocess.run(["chroot", str(a.peer_root), *env, "llama-bench", "-m", "/model/model.gguf", "-ngl", "99", "-p", str(a.prompt), "-n", "0" if cold else str(a.new), "-r", "1",
                          *(["--no-warmup"] if cold else []), "-o", "json"], capture_output=True, text=True, check=True).stdout
    seconds = time.monotonic() - start
    runs = json.loads(out)
    got = {("prompt tokens/s" if r["n_prompt"] else "new tokens/s"): r["avg_ts"] for r in runs}
    got["device"] = runs[0].get("gpu_info", "?") + ", llama.cpp " + str(runs[0].get("build_commit", "?"))
    return {"load and first prompt, s": seconds} if cold else got


def main():
    p = argparse.ArgumentParser()
    p.add_argument("model", type=pathlib.Path)
    p.add_argument("--peer-root", type=pathlib.Path, required=True)
    p.add_argument("--bin", default="build/bin")
    p.add_argument("--rounds", type=int, default=3)
    p.add_argument("--prompt", type=int, default=128)
    p.add_argument("--new", type=int, default=32)
    p.add_argument("--json", type=pathlib.Path)
    a = p.parse_args()
    inside = a.peer_root / "model"
    inside.mkdir(exist_ok=True)
    subprocess.run(["mount", "--bind", str(a.model.resolve()), str(inside)], check=True)
    for name in ("proc", "dev"):
        if not os.path.ismount(a.peer_root / name):
            subprocess.run(["mount", "--rbind", "/" + name, str(a.peer_root / name)], check=True)
    ours, theirs = [], []
    try:
        for _ in range(a.rounds):
            ours.append(hekla(a))
            theirs.append({**llama(a, False), **llama(a, True)})
    finally:
        subprocess.run(["umount", str(inside)])
    print(f"Hekla: {ours[0]['device']}\npeer:  {theirs[0]['device']}\n")
    print("| | Hekla | llama.cpp Vulkan | ratio |\n|---|---|---|---|")
    for key in ("prompt tokens/s", "new tokens/s", "load and first prompt, s"):
        h, l = (statistics.median(r[key] for r in rows) for rows in (ours, theirs))
        print(f"| {key} | {h:.2f} | {l:.2f} | {h / l if key.endswith('/s') else l / h:.1f} times |")
    if a.json:
        a.json.write_text(json.dumps({"hekla": ours, "llama.cpp": theirs}, indent=1))


main()
