# SPDX-License-Identifier: MIT
"""What the tests of the picture hosts share: running a host, PNG files, and the random numbers of samples/common/random.

Written from the PNG specification and the papers that random.hpp names, not from the C++: that the two agree is part of what is tested.
Python's standard library alone. HEKLA_TEST_DEVICE and HEKLA_TEST_PROFILE choose the device.
"""
import math, os, pathlib, struct, subprocess, sys, tempfile, zlib
from array import array

BIN = pathlib.Path(sys.argv.pop(1))
TESTS = pathlib.Path(__file__).resolve().parent.parent
REFERENCE = TESTS / "reference"
sys.path.insert(0, str(TESTS / "models"))
from drive_cases import Tensor, read_safetensors, write_safetensors  # noqa: E402

DEVICE = ["--device", os.environ.get("HEKLA_TEST_DEVICE") or "cpu"]
if os.environ.get("HEKLA_TEST_PROFILE") == "baseline":
    DEVICE += ["--profile", "baseline"]


def call(tool, *words):
    return subprocess.run([str(BIN / tool), *map(str, words), *DEVICE], capture_output=True, text=True, timeout=500, stdin=subprocess.DEVNULL)


def run_model(case, inputs, *words):
    """The outputs of `hekla run` over a reference case; inputs and outputs are Tensors by name."""
    with tempfile.TemporaryDirectory() as scratch:
        write_safetensors(f"{scratch}/in.safetensors", inputs)
        done = call("hekla", "run", "--model", REFERENCE / case, "--inputs", f"{scratch}/in.safetensors", "--outputs", f"{scratch}/out.safetensors", *words)
        assert done.returncode == 0, done.stderr
        return read_safetensors(f"{scratch}/out.safetensors")


def f32(values, shape):
    return Tensor("F32", list(shape), array("f", values))


class Picture:
    """pixels: [height][width * channels], 8 bit."""

    def __init__(self, width, height, channels, rows):
        self.width, self.height, self.channels, self.rows = width, height, channels, rows

    def part(self, x, y, width, height):
        c = self.channels
        return Picture(width, height, c, [self.rows[y + i][x * c:(x + width) * c] for i in range(height)])

    def plane(self, channel):
        return [value for row in self.rows for value in row[channel::self.channels]]

    def planes(self):
        return [value for c in range(self.channels) for value in self.plane(c)]


def chunk(name, body):
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def write_png(path, picture):
    color = {1: 0, 2: 4, 3: 2, 4: 6}[picture.channels]
    header = struct.pack(">IIBBBBB", picture.width, picture.height, 8, color, 0, 0, 0)
    data = zlib.compress(b"".join(b"\0" + bytes(row) for row in picture.rows))
    pathlib.Path(path).write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b""))


def read_png(path):
    data, at, idat = pathlib.Path(path).read_bytes(), 8, b""
    assert data[:8] == b"\x89PNG\r\n\x1a\n", path
    while at < len(data):
        length, name = struct.unpack(">I4s", data[at:at + 8])
        body = data[at + 8:at + 8 + length]
        assert struct.unpack(">I", data[at + 8 + length:at + 12 + length])[0] == zlib.crc32(name + body), name
        if name == b"IHDR":
            width, height, depth, color, _, _, interlace = struct.unpack(">IIBBBBB", body)
            assert depth == 8 and interlace == 0, body
        elif name == b"IDAT":
            idat += body
        at += 12 + length
    channels = {0: 1, 4: 2, 2: 3, 6: 4}[color]
    raw, stride, rows = zlib.decompress(idat), width * channels, []
    above = bytearray(stride)
    for y in range(height):
        kind, line = raw[y * (stride + 1)], bytearray(raw[y * (stride + 1) + 1:(y + 1) * (stride + 1)])
        for i in range(stride):
            left, up, corner = (line[i - channels], above[i], above[i - channels]) if i >= channels else (0, above[i], 0)
            if kind == 1:
                line[i] = (line[i] + left) & 255
            elif kind == 2:
                line[i] = (line[i] + up) & 255
            elif kind == 3:
                line[i] = (line[i] + (left + up) // 2) & 255
            elif kind == 4:
                near = min((abs(up - corner), 0, left), (abs(left - corner), 1, up), (abs(left + up - 2 * corner), 2, corner))[2]
                line[i] = (line[i] + near) & 255
        rows.append(bytes(line))
        above = line
    return Picture(width, height, channels, rows)


def noise(width, height, channels, seed=1):
    random = Random(seed)
    return Picture(width, height, channels, [bytes(random.next() & 255 for _ in range(width * channels)) for _ in range(height)])


def smooth(width, height, channels):
    """Slopes and waves, as photographs have them."""
    def value(x, y, c):
        return int(127.5 + 60 * math.sin(x / (7 + 3 * c) + c) + 60 * math.cos(y / (11 - 2 * c) - x / 23))
    return Picture(width, height, channels, [bytes(value(x, y, c) for x in range(width) for c in range(channels)) for y in range(height)])


class Random:
    """PCG32, and the polar method for normal numbers."""

    def __init__(self, seed, stream=0):
        self.state, self.increment, self.spare = 0, (stream << 1 | 1) & (2**64 - 1), None
        self.next()
        self.state = (self.state + seed) & (2**64 - 1)
        self.next()

    def next(self):
        old = self.state
        self.state = (old * 6364136223846793005 + self.increment) & (2**64 - 1)
        shifted, turn = ((old >> 18 ^ old) >> 27) & (2**32 - 1), old >> 59
        return (shifted >> turn | shifted << (-turn & 31)) & (2**32 - 1)

    def fraction(self):
        a, b = self.next(), self.next()
        return (a << 21 | b >> 11) / 2**53

    def normal(self):
        if self.spare is not None:
            value, self.spare = self.spare, None
            return value
        while True:
            u, v = 2 * self.fraction() - 1, 2 * self.fraction() - 1
            r = u * u + v * v
            if 0 < r < 1:
                scale = math.sqrt(-2 * math.log(r) / r)
                self.spare = v * scale
                return u * scale


def latents(seed, count, size):
    return [value for i in range(count) for random in [Random(seed, i)] for value in [random.normal() for _ in range(size)]]


def bytes_of(values, black, white):
    """To bytes, before rounding."""
    return [min(max((v - black) / (white - black) * 255, 0), 255) for v in values]


def worst(got, expected):
    assert len(got) == len(expected), (len(got), len(expected))
    return max(abs(g - e) for g, e in zip(got, expected))


# Half a step of rounding, and a little for sums in another order.
ROUNDED = 0.51
