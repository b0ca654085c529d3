# SPDX-License-Identifier: MIT
"""Reads and writes what the model folders hold: safetensors, JSON and PNG, with numpy alone."""
import json
import os
import pathlib
import struct
import zlib

import numpy

KINDS = {"F16": numpy.float16, "F32": numpy.float32, "I32": numpy.int32, "I64": numpy.int64}


def read_safetensors(path):
    """{name: array}."""
    content = pathlib.Path(path).read_bytes()
    size = struct.unpack("<Q", content[:8])[0]
    header, body = json.loads(content[8 : 8 + size]), content[8 + size :]
    header.pop("__metadata__", None)
    return {
        name: numpy.frombuffer(body[slice(*t["data_offsets"])], KINDS[t["dtype"]])
        .reshape(t["shape"])
        .copy()
        for name, t in header.items()
    }


def write_safetensors(path, tensors):
    """{name: array} as safetensors: length of the header, the header in JSON, the bytes."""
    names = {numpy.dtype(kind): name for name, kind in KINDS.items()}
    header, at = {"__metadata__": {"format": "pt"}}, 0
    for name, array in sorted(tensors.items()):
        end = at + array.nbytes
        shape = list(array.shape)
        header[name] = {"dtype": names[array.dtype], "shape": shape, "data_offsets": [at, end]}
        at = end
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    parts = [numpy.ascontiguousarray(array).tobytes() for _, array in sorted(tensors.items())]
    replace(path, struct.pack("<Q", len(text)) + text + b"".join(parts))


def write_json(path, content):
    replace(path, (json.dumps(content, indent=2) + "\n").encode())


def write_png(path, picture):
    """picture: uint8 [height, width] gray or [height, width, 3] RGB."""
    height, width = picture.shape[:2]
    rows = picture.reshape(height, -1)
    raw = numpy.concatenate([numpy.zeros((height, 1), numpy.uint8), rows], 1).tobytes()
    head = struct.pack(">IIBBBBB", width, height, 8, 0 if picture.ndim == 2 else 2, 0, 0, 0)

    def chunk(name, body):
        crc = struct.pack(">I", zlib.crc32(name + body))
        return struct.pack(">I", len(body)) + name + body + crc

    parts = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(raw, 9)) + chunk(b"IEND", b"")
    replace(path, b"\x89PNG\r\n\x1a\n" + parts)


def contact_sheet(pictures, columns, scale=1):
    """Pictures in [0, 1], [count, channels, height, width], as one uint8 picture."""
    count, channels, height, width = pictures.shape
    rows = -(-count // columns)
    sheet = numpy.ones((rows * columns, channels, height, width), numpy.float32)
    sheet[:count] = pictures
    sheet = sheet.reshape(rows, columns, channels, height, width).transpose(0, 3, 1, 4, 2)
    sheet = sheet.reshape(rows * height, columns * width, channels)
    sheet = (sheet.clip(0, 1) * 255 + 0.5).astype(numpy.uint8)
    sheet = sheet.repeat(scale, 0).repeat(scale, 1)
    return sheet[..., 0] if channels == 1 else sheet


def replace(path, content):
    """Writes a file whole or not at all."""
    part = pathlib.Path(f"{path}.part")
    part.write_bytes(content)
    os.replace(part, path)
