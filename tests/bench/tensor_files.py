# SPDX-License-Identifier: MIT
"""Tensors to and from safetensors and GGUF files, and into the quantised types that both sides read."""
import json, pathlib, struct

import numpy as np

NUMPY = {"F32": np.float32, "F16": np.float16, "I32": np.int32}
GGUF_TYPE = {"f32": 0, "f16": 1, "q4_0": 2, "q8_0": 8}


def read_safetensors(path):
    data = pathlib.Path(path).read_bytes()
    size = struct.unpack("<Q", data[:8])[0]
    out = {}
    for name, t in json.loads(data[8:8 + size]).items():
        if name != "__metadata__":
            begin, end = (8 + size + at for at in t["data_offsets"])
            out[name] = np.frombuffer(data[begin:end], NUMPY[t["dtype"]]).reshape(t["shape"])
    return out


def write_safetensors(path, tensors):
    header, at = {}, 0
    for name, t in tensors.items():
        word = next(word for word, kind in NUMPY.items() if t.dtype == kind)
        header[name] = {"dtype": word, "shape": list(t.shape), "data_offsets": [at, at + t.nbytes]}
        at += t.nbytes
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text)
        for t in tensors.values():
            f.write(np.ascontiguousarray(t).tobytes())


def write_gguf(path, tensors):
    """tensors: name -> (type, shape, bytes)."""
    string = lambda s: struct.pack("<Q", len(s)) + s.encode()
    head = string("general.architecture") + struct.pack("<I", 8) + string("bench")
    at = 0
    for name, (kind, shape, data) in tensors.items():
        head += string(name) + struct.pack("<I", len(shape)) + b"".join(struct.pack("<Q", n) for n in shape[::-1]) + struct.pack("<IQ", GGUF_TYPE[kind], at)
        at += len(data) + -len(data) % 32
    body = struct.pack("<4sIQQ", b"GGUF", 3, len(tensors), 1) + head
    with open(path, "wb") as f:
        f.write(body + b"\0" * (-len(body) % 32))
        for _, _, data in tensors.values():
            f.write(data + b"\0" * (-len(data) % 32))


def stored(values, kind):
    """(bytes as `kind` stores them, the float32 values they stand for). Quantised types: blocks of 32 along the last axis (ggml's q8_0, q4_0)."""
    if kind in ("f32", "f16"):
        kept = values.astype(np.float32 if kind == "f32" else np.float16)
        return kept.tobytes(), kept.astype(np.float32)
    blocks = values.astype(np.float32).reshape(-1, 32)
    if kind == "q8_0":
        scale = (np.abs(blocks).max(1, keepdims=True) / 127).astype(np.float16)
        q = np.round(blocks / np.maximum(scale.astype(np.float32), 1e-12)).astype(np.int8)
        data = np.concatenate([scale.view(np.uint8), q.view(np.uint8)], 1)
        return data.tobytes(), (q * scale.astype(np.float32)).reshape(values.shape)
    extreme = np.take_along_axis(blocks, np.abs(blocks).argmax(1, keepdims=True), 1)
    scale = (extreme / -8).astype(np.float16)
    step = scale.astype(np.float32)
    q = np.clip(np.floor(blocks / np.where(step == 0, 1, step) + 8.5), 0, 15).astype(np.uint8)
    data = np.concatenate([scale.view(np.uint8), q[:, :16] | q[:, 16:] << 4], 1)
    return data.tobytes(), ((q.astype(np.float32) - 8) * step).reshape(values.shape)
