# SPDX-License-Identifier: MIT
"""Trains hekla-upscale and writes config.json and model.safetensors.

    python3 train.py --work DIR --minutes 1.7     goes on from DIR/checkpoint.pt if it is there
    python3 train.py --work DIR --export          only writes the files from it

Needs Debian's packages python3-pil, mate-backgrounds and python3-skimage for their pictures.
"""
import argparse
import io
import pathlib
import sys

import numpy
import torch
from PIL import Image
from torch import nn
from torch.nn import functional as F

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "common"))

import files
import training

CONFIG = {
    "model_type": "srvgg",
    "upscale": 4,
    "num_in_ch": 3,
    "num_out_ch": 3,
    "num_feat": 32,
    "num_conv": 8,
}
SCALE = CONFIG["upscale"]
NATURE = pathlib.Path("/usr/share/backgrounds/mate/nature")
SCIENCE = pathlib.Path("/usr/lib/python3/dist-packages/skimage/data")
SCIENCE_TRAIN = ["brick", "camera", "coins", "grass", "gravel", "motorcycle_left", "page", "text"]
HELD_OUT = ["chelsea.png", "coffee.png", "astronaut.png", "rocket.jpg"]
BATCH, PATCH = 16, 32  # patches of low resolution, and their side
RATE_MUON, RATE_ADAM = 3e-3, 1e-3
SEED = 1


class Srvgg(nn.Module):
    """Real-ESRGAN's compact net (Wang et al. 2021): convolutions at low resolution, pixel shuffle,
    added to the nearest-upscaled input."""

    def __init__(self, config):
        super().__init__()
        c, self.scale = config["num_feat"], config["upscale"]
        body = [nn.Conv2d(config["num_in_ch"], c, 3, padding=1), nn.PReLU(c)]
        for _ in range(config["num_conv"]):
            body += [nn.Conv2d(c, c, 3, padding=1), nn.PReLU(c)]
        body.append(nn.Conv2d(c, config["num_out_ch"] * self.scale**2, 3, padding=1))
        self.body = nn.Sequential(*body)

    def forward(self, image):
        """image [b, 3, h, w] in [0, 1] -> [b, 3, h * scale, w * scale]."""
        detail = F.pixel_shuffle(self.body(image), self.scale)
        return detail + F.interpolate(image, scale_factor=float(self.scale))


def load(path, longest):
    """An RGB picture of at most this length, uint8 [h, w, 3], sides multiples of SCALE."""
    picture = Image.open(path).convert("RGB")
    picture.thumbnail((longest, longest), Image.Resampling.LANCZOS)
    width, height = (side // SCALE * SCALE for side in picture.size)
    return numpy.asarray(picture.crop((0, 0, width, height)))


def shrunk(picture, random):
    """A quarter of the size, as a camera or the web may have made it: box or cubic or Lanczos
    filter, some with a little noise, some through JPEG. random None: Lanczos alone."""
    kinds = [Image.Resampling.BOX, Image.Resampling.BICUBIC, Image.Resampling.LANCZOS]
    kind = kinds[random.integers(3)] if random else Image.Resampling.LANCZOS
    size = (picture.shape[1] // SCALE, picture.shape[0] // SCALE)
    small = Image.fromarray(picture).resize(size, kind)
    if random and random.random() < 0.25:
        packed = io.BytesIO()
        small.save(packed, "JPEG", quality=int(random.integers(70, 96)))
        small = Image.open(packed)
    small = numpy.asarray(small).astype(numpy.float32)
    if random and random.random() < 0.25:
        small = small + random.normal(0, random.uniform(0, 4), small.shape)
    return small.clip(0, 255).astype(numpy.float32) / 255


def tensor(pictures):
    return torch.from_numpy(numpy.stack(pictures)).permute(0, 3, 1, 2).contiguous()


class Patches:
    def __init__(self):
        paths = sorted(NATURE.glob("*.jpg")) + [SCIENCE / f"{n}.png" for n in SCIENCE_TRAIN]
        self.pictures = [load(p, longest) for p in paths for longest in (960, 480)]

    def draw(self, random):
        large, small, side = [], [], PATCH * SCALE
        while len(large) < BATCH:
            picture = self.pictures[random.integers(len(self.pictures))]
            if min(picture.shape[:2]) < side:
                continue
            y, x = (random.integers(0, n - side + 1) for n in picture.shape[:2])
            patch = picture[y : y + side, x : x + side]
            patch = numpy.rot90(patch, random.integers(4))[:: random.choice((1, -1))]
            if random.random() < 0.3:
                patch = patch[..., random.permutation(3)]
            if patch.std() < 8 and random.random() < 0.8:  # little to learn from plain ground
                continue
            patch = numpy.ascontiguousarray(patch)
            large.append(patch.astype(numpy.float32) / 255)
            small.append(shrunk(patch, random))
        return tensor(small), tensor(large)


def psnr(found, wanted):
    """In dB, without a rim of SCALE pixels."""
    inner = (..., slice(SCALE, -SCALE), slice(SCALE, -SCALE))
    return float(-10 * torch.log10((found.clamp(0, 1) - wanted)[inner].square().mean()))


@torch.no_grad()
def compare(net):
    """PSNR of net and of bicubic upscaling on the held-out pictures: {name: (net, bicubic)}."""
    result = {}
    for name in HELD_OUT:
        picture = load(SCIENCE / name, 512)
        small = tensor([shrunk(picture, None)])
        large = tensor([picture.astype(numpy.float32) / 255])
        eight = Image.fromarray((small[0].permute(1, 2, 0).numpy() * 255 + 0.5).astype(numpy.uint8))
        size = picture.shape[1::-1]
        cubic = numpy.asarray(eight.resize(size, Image.Resampling.BICUBIC)).astype(numpy.float32)
        result[name] = psnr(net(small), large), psnr(tensor([cubic / 255]), large)
    return result


def export(net):
    files.write_json(HERE / "config.json", CONFIG)
    files.write_safetensors(HERE / "model.safetensors", training.f16(net.state_dict()))
    for name, (ours, cubic) in compare(net).items():
        print(f"{name:15} {ours:.2f} dB, bicubic {cubic:.2f} dB")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work", type=pathlib.Path, required=True)
    parser.add_argument("--minutes", type=float, default=1.7)
    parser.add_argument("--export", action="store_true", help="only write the files")
    args = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(SEED)
    net = Srvgg(CONFIG)
    average = training.Average(net, 0.998)
    # the first and the last kernels too: they hold a third of the weights
    optimizer = training.Optimizer(net, [], RATE_MUON, RATE_ADAM)
    parts = {"net": net, "average": average, "optimizer": optimizer}
    run = training.Run(args.work, args.minutes, parts)
    if not args.export:
        patches, random = Patches(), numpy.random.default_rng((SEED, run.steps))
        tested, total, count = Srvgg(CONFIG), 0.0, 0
        while run.progress < 1:
            small, large = patches.draw(random)
            with torch.autocast("cpu", torch.bfloat16):
                value = F.l1_loss(net(small).float(), large)
            value.backward()
            optimizer.step(run)
            average.update()
            total, count = total + float(value.detach()), count + 1
            if run.step():
                tested.load_state_dict(average.values)
                scores = numpy.array(list(compare(tested).values())).mean(0)
                run.report(loss=total / count, psnr=scores[0], bicubic=scores[1])
                total, count = 0.0, 0
    net.load_state_dict(average.values)
    export(net)


if __name__ == "__main__":
    main()
