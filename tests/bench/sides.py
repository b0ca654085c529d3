# SPDX-License-Identifier: MIT
"""The sides of a kernel's comparison. Each computes the case once, to be checked, and then tells on demand the milliseconds of one run whose operands
already lie where it computes: the median of a few."""
import functools, json, pathlib, statistics, subprocess, time

import numpy as np
import torch

from tensor_files import read_safetensors, stored, write_gguf, write_safetensors

BATCHES = 5        # measurements of which the median counts
BATCH_MS = 20      # of one of them, about


class Hekla:
    """The time between the first dispatch's begin and the last one's end, on the device's clock: helpers that the planner adds count, copies from and to
    the host do not."""
    name = "Hekla"

    def __init__(self, tool, device):
        self.tool, self.device, self.label = tool, device, ""

    def run(self, *words):
        done = subprocess.run([self.tool, *map(str, words)], capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"hekla {words[0]} failed: {done.stderr.strip()}")
        return done.stdout

    def prepare(self, case, inputs, weights, folder):
        graph = folder / "graph.yaml"
        graph.write_text(case.graph())
        self.words = [graph, "--device", self.device]
        self.times = None
        if weights:
            files = {f"a.{name}": stored(w, case.stored if name == "weight" else "f32") for name, w in weights.items()}
            quantised = case.stored.startswith("q")
            path = folder / ("weights.gguf" if quantised else "weights.safetensors")
            if quantised:
                write_gguf(path, {f"a.{name}": (case.stored, w.shape, files[f"a.{name}"][0]) for name, w in weights.items()})
            else:
                write_safetensors(path, {f"a.{name}": w.astype(np.float16 if case.stored == "f16" and name == "weight" else np.float32) for name, w in weights.items()})
            self.words += ["--weights", path]
        write_safetensors(folder / "inputs.safetensors", dict(zip("xyz", inputs)))
        self.run("run", *self.words, "--inputs", folder / "inputs.safetensors", "--outputs", folder / "out.safetensors")
        return read_safetensors(folder / "out.safetensors")["out"]

    def measure(self):
        """A process of its own each time, which must warm up: as many runs as the others take in all their batches."""
        if self.times is None:
            self.times = BATCHES
            self.times = min(max(BATCHES, int(BATCHES * BATCH_MS / self.measure())), 400)
        told = json.loads(self.run("bench", *self.words, "--device-time", "--json", "--times", self.times))
        self.label = f"{told['device_name']}, {told['driver']}"
        return told["device_median_ms"]

    def close(self):
        pass


class PyTorch:
    """The machine's limit: float32 on its CPU, whatever the weights are stored as."""
    name = "PyTorch"

    def __init__(self, threads):
        torch.set_num_threads(threads)
        self.label = f"PyTorch {torch.__version__}, {threads} threads, float32"

    def prepare(self, case, inputs, weights, folder):
        self.case = case
        self.operands = [torch.from_numpy(t) for t in (*inputs, *weights.values())]
        with torch.inference_mode():
            out = case.torch(*self.operands).numpy()
        self.repeats = max(1, int(BATCH_MS / self.once(1)))
        return out

    def once(self, repeats):
        with torch.inference_mode():
            start = time.perf_counter()
            for _ in range(repeats):
                self.case.torch(*self.operands)
        return (time.perf_counter() - start) * 1e3 / repeats

    def measure(self):
        return statistics.median(self.once(self.repeats) for _ in range(BATCHES))

    def close(self):
        pass


@functools.cache
def propagation():
    """Inside a chroot there is no root mount that could be made private."""
    return [] if subprocess.run(["unshare", "--mount", "true"], capture_output=True).returncode == 0 else ["--propagation", "unchanged"]


def in_root(root, *words):
    """A command inside a peer's root, which sees /proc and /dev while it runs."""
    mounts = 'mount --bind /proc "$0/proc" && mount --rbind /dev "$0/dev" && exec chroot "$0" "$@"'
    return ["unshare", "--mount", *propagation(), "sh", "-c", mounts, str(root), *map(str, words)]


LLAMA_ENVIRONMENT = ["env", "GGML_VK_VISIBLE_DEVICES=0", "GGML_VK_DISABLE_COOPMAT=1", "GGML_VK_DISABLE_COOPMAT2=1"]  # its best setting on lavapipe (README)


class LlamaCpp:
    """llama.cpp's Vulkan backend by peer_ggml.c, which stays open between rounds; of several ways to say the same, the one that was fastest at first."""
    name = "llama.cpp"

    def __init__(self, root):
        self.root, self.label, self.process = pathlib.Path(root), "", None

    def start(self, case, variant, tensors, folder):
        words = []
        for name, kind, *axes in variant.operands:
            values = tensors[name].transpose(axes[0]) if axes else tensors[name]
            values = np.ascontiguousarray(values)
            path = folder / f"{name}.{kind}"
            path.write_bytes(stored(values, kind)[0])
            sizes = ([1] * (4 - values.ndim) + list(values.shape))[::-1]
            words.append(f"{kind}:{','.join(map(str, sizes))}:/{path.relative_to(self.root)}")
        out = folder / "out.f32"
        process = subprocess.Popen(in_root(self.root, *LLAMA_ENVIRONMENT, "peer_ggml", variant.op, f"/{out.relative_to(self.root)}", variant.param, *words),
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.label = process.stdout.readline().strip()
        first = process.stdout.readline().strip()
        if not first:
            return None
        shape = case.out if variant.result is None else [case.out[a] for a in variant.result]
        result = np.fromfile(out, np.float32).reshape(shape)
        return process, float(first), result if variant.result is None else result.transpose(np.argsort(variant.result))

    def ask(self, process):
        process.stdin.write("\n")
        process.stdin.flush()
        return float(process.stdout.readline())

    def prepare(self, case, inputs, weights, folder):
        tensors = dict(zip("xyz", inputs)) | weights
        self.tried = {}
        best = None
        for variant in case.ggml:
            started = self.start(case, variant, tensors, folder)
            if started is None:
                continue
            process, first, result = started
            ms = self.ask(process)
            label = variant.op + "".join(f" {kind}" for _, kind, *_ in variant.operands)
            self.tried[label] = {"ms": ms, "first_ms": first}
            if best is None or ms < best[0]:
                self.close()
                best, self.process, self.variant = (ms, result), process, label
            else:
                self.end(process)
        if best is None:
            raise RuntimeError("the peer cannot compute it")
        return best[1]

    def measure(self):
        return self.ask(self.process)

    def end(self, process):
        process.stdin.close()
        process.wait()

    def close(self):
        if self.process:
            self.end(self.process)
        self.process = None
