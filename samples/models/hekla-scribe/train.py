# SPDX-License-Identifier: MIT
"""Trains hekla-scribe and writes config.json, generation_config.json and model.safetensors.

    python3 train.py --work DIR --minutes 110     trains, or goes on from DIR/checkpoint.pt
    python3 train.py --work DIR --export          only writes the files, from DIR/checkpoint.pt,
                                                  and tells the loss on all held-out documents

The learning rate follows the minutes spent, not the steps, so that a run ends annealed however
busy the machine is. Each of --workers processes computes its share of a step on one thread, and
they meet once a step to add their gradients: threads that meet after every operation wait for one
another most of the time where other programs want the cores too. DIR keeps the checkpoint, the
encoded text and history.json.
"""
import argparse
import json
import math
import os
import pathlib
import struct
import time

import numpy
import torch
import torch.distributed as dist

import corpus
import model as llama
import muon
import train_tokenizer

HERE = pathlib.Path(__file__).resolve().parent

CONFIG = {
    "architectures": ["LlamaForCausalLM"],
    "attention_bias": False,
    "attention_dropout": 0.0,
    "bos_token_id": 0,
    "eos_token_id": 0,
    "head_dim": 32,
    "hidden_act": "silu",
    "hidden_size": 288,
    "initializer_range": 0.02,
    "intermediate_size": 768,
    "max_position_embeddings": 512,
    "mlp_bias": False,
    "model_type": "llama",
    "num_attention_heads": 9,
    "num_hidden_layers": 6,
    "num_key_value_heads": 3,
    "pretraining_tp": 1,
    "rms_norm_eps": 1e-05,
    "rope_scaling": None,
    "rope_theta": 10000.0,
    "tie_word_embeddings": True,
    "torch_dtype": "float16",
    "use_cache": True,
    "vocab_size": 4096,
}

CONTEXT = CONFIG["max_position_embeddings"]
ROWS = 8  # windows of CONTEXT tokens in a step
PROSE_SHARE = 1 / 3  # of the windows
START_SHARE = 1 / 5  # of the windows begin where a document does
PEAK_RATE = 2e-3
WARM_UP = 0.02  # of the time
WEIGHT_DECAY = 0.1  # of the matrices, not of the norms
BETAS = (0.9, 0.95)
CLIP = 1.0
SEED = 1
VALID_WINDOWS = 16  # of each kind, for the loss curve
SAVE_SECONDS, VALID_SECONDS = 180, 180


class Stream:
    """The documents of one kind as one row of ids, END before each; windows drawn from it: some
    at starts of documents, the others so that every place is seen once before any is seen again,
    by one worker of `workers` or another."""

    def __init__(self, documents, seed=(SEED,), worker=0, workers=1):
        self.starts = numpy.cumsum([0] + [len(d) for d in documents[:-1]])
        self.ids = numpy.concatenate(documents).astype(numpy.int64)
        self.shared = numpy.random.default_rng(seed)
        self.worker, self.workers = worker, workers
        self.order = []

    def window(self, at):
        return self.ids[at : at + CONTEXT + 1]

    def draw(self, random):
        last = len(self.ids) - CONTEXT - 1
        if random.random() < START_SHARE:
            return self.window(min(self.starts[random.integers(len(self.starts))], last))
        if not self.order:
            places = numpy.arange(self.shared.integers(CONTEXT), last, CONTEXT)
            self.order = list(self.shared.permutation(places)[self.worker :: self.workers])
        return self.window(self.order.pop())


def encoded(work):
    """{kind: {part: [ids of a document]}}, kept in work/corpus.npz."""
    path = work / "corpus.npz"
    if not path.exists():
        tokenizer = train_tokenizer.Tokenizer(HERE / "tokenizer.json")
        arrays = {}
        for kind, parts in corpus.load().items():
            for part, texts in parts.items():
                documents = [numpy.array(tokenizer.encode(t, start=True)) for t in texts]
                arrays[f"{kind}.{part}.lengths"] = numpy.array([len(d) for d in documents])
                arrays[f"{kind}.{part}"] = numpy.concatenate(documents).astype(numpy.uint16)
        numpy.savez(path, **arrays)
    arrays = numpy.load(path)
    result = {}
    for kind in ("prose", "python"):
        result[kind] = {}
        for part in ("train", "valid"):
            ends = numpy.cumsum(arrays[f"{kind}.{part}.lengths"])[:-1]
            result[kind][part] = numpy.split(arrays[f"{kind}.{part}"], ends)
    return result


def batch(windows):
    both = torch.from_numpy(numpy.stack(windows))
    return both[:, :-1], both[:, 1:]


@torch.no_grad()
def validate_all(net, kind, documents):
    """Loss on all of the held-out documents, cut into windows side by side; bits per byte."""
    tokenizer = train_tokenizer.Tokenizer(HERE / "tokenizer.json")
    size = sum(len(tokenizer.tokens[i]) for d in documents for i in d if i != tokenizer.end)
    ids = Stream(documents).ids
    total = 0.0
    for at in range(0, len(ids) - 1, CONTEXT):
        inputs, targets = batch([ids[at : at + CONTEXT + 1]])
        total += float(net(inputs, targets)) * targets.numel()
    loss = total / (len(ids) - 1)
    bits = total / size / math.log(2)
    count = f"{kind:7} {len(ids) - 1:7} tokens, {size:7} bytes"
    print(f"{count}: {loss:.4f} nats per token, {bits:.4f} bits per byte", flush=True)


@torch.no_grad()
def validate(net, documents):
    """Loss on VALID_WINDOWS windows spread evenly over the held-out documents."""
    stream = Stream(documents)
    places = numpy.linspace(0, len(stream.ids) - CONTEXT - 1, VALID_WINDOWS).astype(int)
    losses = [net(*batch([stream.window(p) for p in places[i : i + 8]])) for i in range(0, 16, 8)]
    return sum(float(x) for x in losses) / len(losses)


def rate(progress, peak):
    """Linear warm-up, then linear to zero."""
    return peak * min(progress / WARM_UP, (1 - progress) / (1 - WARM_UP))


def write_safetensors(path, tensors):
    """{name: array} as safetensors: length of the header, the header in JSON, the bytes."""
    names = {"float16": "F16", "float32": "F32", "int64": "I64"}
    header, at = {"__metadata__": {"format": "pt"}}, 0
    for name, array in sorted(tensors.items()):
        end = at + array.nbytes
        kind = names[array.dtype.name]
        header[name] = {"dtype": kind, "shape": list(array.shape), "data_offsets": [at, end]}
        at = end
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text)
        for _, array in sorted(tensors.items()):
            f.write(numpy.ascontiguousarray(array).tobytes())


def write_json(path, content):
    with open(path, "w", encoding="utf-8") as f:
        json.dump(content, f, indent=2)
        f.write("\n")


def export(net, folder):
    write_json(folder / "config.json", CONFIG)
    sampling = {"do_sample": True, "temperature": 0.7, "top_p": 0.95}
    sampling |= {"bos_token_id": 0, "eos_token_id": 0}
    write_json(folder / "generation_config.json", sampling)
    halves = {name: tensor.half().numpy() for name, tensor in net.tensors().items()}
    assert all(numpy.isfinite(h).all() for h in halves.values())
    write_safetensors(folder / "model.safetensors", halves)
    count = sum(h.size for h in halves.values())
    print(f"{folder / 'model.safetensors'}: {len(halves)} tensors, {count} parameters")


def train(worker, workers, work, minutes, peak):
    """One worker's run; the first one keeps the files."""
    torch.set_num_threads(1)
    os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo")
    dist.init_process_group("gloo", f"file://{work}/meeting", rank=worker, world_size=workers)
    torch.manual_seed(SEED)
    net = llama.Llama(CONFIG)
    gradients = torch.zeros(sum(p.numel() for p in net.parameters()))
    at = 0
    for p in net.parameters():
        p.grad = gradients[at : at + p.numel()].view_as(p)
        at += p.numel()
    inner = muon.Muon(net.matrices(), net.matrices(lambda p: p.grad), WEIGHT_DECAY)
    norms = [p for p in net.parameters() if p.dim() == 1]
    groups = [{"params": [net.embed]}, {"params": norms, "weight_decay": 0.0}]
    outer = torch.optim.AdamW(
        groups, lr=peak, betas=BETAS, weight_decay=WEIGHT_DECAY, fused=True
    )
    state = {"step": 0, "seconds": 0.0, "history": []}
    path = work / "checkpoint.pt"
    if path.exists():
        saved = torch.load(path, weights_only=False)
        net.load_state_dict(saved["net"])
        inner.momentum = saved["inner"]
        outer.load_state_dict(saved["outer"])
        state = saved["state"]
        if worker == 0:
            print(f"on from step {state['step']}, minute {state['seconds'] / 60:.1f}", flush=True)
    text = encoded(work)
    seed = SEED, state["step"]
    streams = {k: Stream(t["train"], seed, worker, workers) for k, t in text.items()}
    random = numpy.random.default_rng((*seed, worker))

    def save():
        saved = {"net": net.state_dict(), "state": state}
        saved |= {"inner": inner.momentum, "outer": outer.state_dict()}
        torch.save(saved, path.with_suffix(".new"))
        os.replace(path.with_suffix(".new"), path)
        write_json(work / "history.json", state["history"])

    started, before = time.monotonic(), state["seconds"]
    last_save = last_valid = before
    losses = torch.zeros(2)  # sum and count since the last row of history
    while True:
        clock = torch.tensor([before + time.monotonic() - started], dtype=torch.float64)
        dist.broadcast(clock, 0)
        state["seconds"] = float(clock)
        progress = state["seconds"] / (60 * minutes)
        finished = progress >= 1
        if finished or state["seconds"] - last_valid > VALID_SECONDS or state["step"] in (20, 100):
            last_valid = state["seconds"]
            valid = torch.zeros(len(text))
            for i in range(worker, len(text), workers):
                valid[i] = validate(net, list(text.values())[i]["valid"])
            dist.all_reduce(losses)
            dist.all_reduce(valid)
            row = {"minutes": round(state["seconds"] / 60, 2), "step": state["step"]}
            row["tokens"] = state["step"] * ROWS * CONTEXT
            row["train"] = round(float(losses[0] / losses[1].clamp(min=1)), 4)
            row |= {kind: round(float(x), 4) for kind, x in zip(text, valid)}
            state["history"].append(row)
            losses.zero_()
            if worker == 0:
                print(json.dumps(row), flush=True)
        if worker == 0 and (finished or state["seconds"] - last_save > SAVE_SECONDS):
            last_save = state["seconds"]
            save()
        if finished:
            break
        for group in outer.param_groups:
            group["lr"] = rate(progress, peak)
        gradients.zero_()
        draws = random.random(ROWS // workers) < PROSE_SHARE
        loss = net(*batch([streams["prose" if d else "python"].draw(random) for d in draws]))
        loss.backward()
        losses += torch.tensor([float(loss), 1.0])
        dist.all_reduce(gradients)
        gradients /= workers
        gradients *= min(1.0, CLIP / float(gradients.norm()))
        inner.step(rate(progress, peak))
        outer.step()
        state["step"] += 1
    dist.destroy_process_group()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work", type=pathlib.Path, required=True, help="folder of the run")
    parser.add_argument("--minutes", type=float, default=110, help="of training, in all")
    parser.add_argument("--rate", type=float, default=PEAK_RATE, help="highest learning rate")
    parser.add_argument("--workers", type=int, default=2, help="processes, a divisor of 8")
    parser.add_argument("--export", action="store_true", help="only write the model's files")
    parser.add_argument("--out", type=pathlib.Path, default=HERE, help="where they go")
    args = parser.parse_args()
    args.work.mkdir(parents=True, exist_ok=True)
    args.work = args.work.resolve()
    if ROWS % args.workers:
        parser.error(f"--workers must divide {ROWS}")
    text = encoded(args.work)
    if not args.export:
        (args.work / "meeting").unlink(missing_ok=True)
        settings = (args.workers, args.work, args.minutes, args.rate)
        torch.multiprocessing.spawn(train, settings, nprocs=args.workers)
    net = llama.Llama(CONFIG)
    net.load_state_dict(torch.load(args.work / "checkpoint.pt", weights_only=False)["net"])
    export(net, args.out)
    for kind, parts in text.items():
        validate_all(net, kind, parts["valid"])


if __name__ == "__main__":
    main()
