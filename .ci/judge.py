#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Judges what ./demo left in a folder: texts that read as their language, pictures that show what their prompts say.

    judge.py OUT
Standard library only. Exit status 1 if something is not as it should be.
"""
import re
import struct
import sys
import zlib
from pathlib import Path

WORDS = {
    "prose.txt": (r"the|and|of|to|in|that|he|his|unto|for|was|with|be|is|not|they|shall", 20),
    "code.py": (r"def|return|self|if|else|for|in|import|class|None|True|False|raise|not", 8),
}
PICTURES = ["wardrobe.png", "cdcgan.png", "mlp-gan.png", "conv-vae.png", "upscale.png"]
# Rows of wardrobe.png, top to bottom, as ./demo asks for them: what must hold of the mean red, green and blue of the garments.
ROWS = {
    "red": lambda r, g, b: r > 1.5 * g and r > 1.5 * b,
    "blue": lambda r, g, b: b > 1.3 * r and b > 1.2 * g,
    "green": lambda r, g, b: g > 1.3 * r and g > 1.3 * b,
    "yellow": lambda r, g, b: r > 1.3 * b and g > 1.3 * b,
    "pink": lambda r, g, b: r > 1.1 * g and b > g,
    "black": lambda r, g, b: max(r, g, b) < 110,
}


def read_png(path):
    """(width, height, rows of (r, g, b)) of an 8-bit PNG, gray or RGB, with or without alpha."""
    data = path.read_bytes()
    if data[:8] != b"\x89PNG\r\n\x1a\n" or data[-8:-4] != b"IEND":
        raise ValueError("no whole PNG")
    width, height, depth, kind = struct.unpack(">IIBB", data[16:26])
    channels = {0: 1, 2: 3, 4: 2, 6: 4}[kind]
    if depth != 8:
        raise ValueError(f"{depth} bits a channel")
    at, packed = 8, b""
    while at < len(data):
        size, name = struct.unpack(">I4s", data[at:at + 8])
        packed += data[at + 8:at + 8 + size] if name == b"IDAT" else b""
        at += size + 12
    raw, stride, before, rows = zlib.decompress(packed), width * channels, bytes(width * channels), []
    for y in range(height):
        kind, line = raw[y * (stride + 1)], bytearray(raw[y * (stride + 1) + 1:(y + 1) * (stride + 1)])
        for x in range(stride):
            left = line[x - channels] if x >= channels else 0
            up, corner = before[x], before[x - channels] if x >= channels else 0
            if kind == 1:
                line[x] = line[x] + left & 255
            elif kind == 2:
                line[x] = line[x] + up & 255
            elif kind == 3:
                line[x] = line[x] + (left + up) // 2 & 255
            elif kind == 4:
                a, b, c = abs(up - corner), abs(left - corner), abs(left + up - 2 * corner)
                line[x] = line[x] + (left if a <= b and a <= c else up if b <= c else corner) & 255
        before = bytes(line)
        rows.append([tuple(line[x * channels:x * channels + 3]) if channels > 2 else (line[x * channels],) * 3 for x in range(width)])
    return width, height, rows


def judge_rows(rows, complain):
    """Mean colour of what is not ground, in each stretch of rows."""
    height = len(rows) // len(ROWS)
    for i, (colour, holds) in enumerate(ROWS.items()):
        pixels = [p for row in rows[i * height:(i + 1) * height] for p in row]
        garment = [p for p in pixels if min(p) < 170]
        share = len(garment) / len(pixels)
        mean = [sum(p[c] for p in garment) / max(len(garment), 1) for c in range(3)]
        print(f"wardrobe.png, {colour}: mean {[round(m) for m in mean]}, {share:.0%} of the row")
        if not 0.03 < share < 0.8 or not holds(*mean):
            complain(f"wardrobe.png: row {i} does not look {colour}")


def main():
    out, wrong = Path(sys.argv[1]), []
    for name, (pattern, least) in WORDS.items():
        text = (out / name).read_text(errors="replace")
        found = len(re.findall(rf"\b(?:{pattern})\b", text, re.I))
        print(f"{name}: {len(text)} characters, {found} marks of its language (at least {least} wanted)")
        if found < least:
            wrong.append(f"{name} does not read as it should")
    for name in PICTURES:
        try:
            width, height, rows = read_png(out / name)
        except (OSError, ValueError, KeyError, zlib.error) as error:
            wrong.append(f"{name}: {error}")
            continue
        values = [p[1] for row in rows for p in row]
        mean = sum(values) / len(values)
        deviation = (sum((v - mean) ** 2 for v in values) / len(values)) ** 0.5
        print(f"{name}: {width}x{height}, mean {mean:.0f}, deviation {deviation:.0f}")
        if deviation < 15:
            wrong.append(f"{name} is nearly empty")
        if name == "wardrobe.png":
            judge_rows(rows, wrong.append)
    page = (out / "index.html").read_text()
    wrong += [f"index.html does not show {name}" for name in PICTURES if f'src="{name}"' not in page]
    for line in wrong:
        print(f"error: {line}", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
