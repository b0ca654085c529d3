# SPDX-License-Identifier: MIT
"""Fashion-MNIST as a catalogue: each garment dyed in a colour and laid on a light ground, and the
captions that say so."""
import numpy

import fashion

SIZE = 32  # the 28x28 pictures with a margin
COLOURS = {
    "red": (0.86, 0.10, 0.12),
    "orange": (0.97, 0.52, 0.10),
    "yellow": (0.97, 0.85, 0.16),
    "green": (0.16, 0.62, 0.22),
    "teal": (0.08, 0.62, 0.62),
    "blue": (0.14, 0.28, 0.88),
    "purple": (0.50, 0.18, 0.74),
    "pink": (0.97, 0.50, 0.72),
    "brown": (0.50, 0.29, 0.13),
    "grey": (0.56, 0.57, 0.58),
    "black": (0.15, 0.15, 0.16),
}
GROUND = numpy.array((0.95, 0.95, 0.94), numpy.float32)
WORDS = [  # for each label; the first is the label's name
    ["t-shirt", "t-shirt", "tee", "t shirt"],
    ["trousers", "trousers", "pants"],
    ["pullover", "pullover", "sweater", "jumper"],
    ["dress"],
    ["coat", "coat", "jacket"],
    ["sandal", "sandal", "sandals"],
    ["shirt", "shirt", "blouse"],
    ["sneaker", "sneaker", "sneakers", "trainer"],
    ["bag", "bag", "handbag"],
    ["ankle boot", "ankle boot", "boot", "boots"],
]
PLURAL = {"trousers", "pants", "sandals", "sneakers", "boots"}
HOLLOW = [5, 8]  # sandals and bags show the ground through their loops
FILLERS = "nice new simple beautiful old elegant small big fashionable plain-coloured cheap".split()
PLACES = ["on a white background", "in a studio", "for sale", "in a catalogue", "on display"]


def silhouettes(pictures, labels):
    """Where there is garment, float32 in [0, 1]: all that the dark ground does not reach from the
    border, or for hollow things all that is not dark."""
    lit = pictures > 10
    outside = numpy.zeros_like(lit)
    outside[:, [0, -1]] = ~lit[:, [0, -1]]
    outside[:, :, [0, -1]] |= ~lit[:, :, [0, -1]]
    while True:
        grown = outside.copy()
        grown[:, 1:] |= outside[:, :-1]
        grown[:, :-1] |= outside[:, 1:]
        grown[:, :, 1:] |= outside[:, :, :-1]
        grown[:, :, :-1] |= outside[:, :, 1:]
        grown &= ~lit
        if (grown == outside).all():
            break
        outside = grown
    inside = ~outside
    hollow = numpy.isin(labels, HOLLOW)
    inside[hollow] = lit[hollow]
    # a soft edge: the faint pixels at the rim let the ground through
    edge = numpy.clip(pictures.astype(numpy.float32) / 60, 0, 1)
    rim = inside.copy()
    rim[:, 1:-1, 1:-1] &= ~(
        inside[:, :-2, 1:-1] & inside[:, 2:, 1:-1] & inside[:, 1:-1, :-2] & inside[:, 1:-1, 2:]
    )
    return numpy.where(rim, edge, inside).astype(numpy.float32)


class Wardrobe:
    """Pictures with their silhouettes and measured attributes, from which dyed pictures and
    captions are drawn."""

    def __init__(self, part="train"):
        self.pictures, self.labels = fashion.load(part)
        self.cover = silhouettes(self.pictures, self.labels)
        self.attributes = self.measure()

    def __len__(self):
        return len(self.labels)

    def measure(self):
        """For each picture its attributes as a list of words. What is dark, wide, high and so on is
        judged among the pictures of the same label."""
        shade = self.pictures.astype(numpy.float32) / 255
        area = self.cover.sum((1, 2)) + 1e-6
        bright = (shade * self.cover).sum((1, 2)) / area
        rows = self.cover.max(2).sum(1)  # height in pixels
        columns = self.cover.max(1).sum(1)
        # sleeves: garment at both sides of the lower half
        left, right = self.cover[:, 14:23, 2:7], self.cover[:, 14:23, 21:26]
        side = numpy.minimum(left.mean((1, 2)), right.mean((1, 2)))
        rough = numpy.abs(numpy.diff(shade, axis=1))[:, 4:24, 8:20].mean((1, 2))
        result = [[] for _ in self.labels]
        for label in range(10):
            at = numpy.flatnonzero(self.labels == label)
            dark, light = numpy.quantile(bright[at], [0.3, 0.7])
            calm, busy = numpy.quantile(rough[at], [0.3, 0.8])
            low, high = numpy.quantile(rows[at], [0.3, 0.7])
            slim, wide = numpy.quantile(columns[at], [0.25, 0.75])
            for i in at:
                words = result[i]
                if bright[i] <= dark:
                    words.append("dark")
                elif bright[i] >= light:
                    words.append("bright")
                if label in (0, 2, 4, 6, 3):
                    if side[i] > 0.35:
                        words.append("long-sleeved")
                    elif side[i] < 0.12:
                        words.append("short-sleeved" if label != 3 else "sleeveless")
                if label in (1, 3):
                    if columns[i] <= slim:
                        words.append("narrow")
                    elif columns[i] >= wide:
                        words.append("wide")
                if label in (5, 7, 9, 8):
                    if rows[i] <= low:
                        words.append("low")
                    elif rows[i] >= high:
                        words.append("high")
                if label in (0, 1, 2, 3, 4, 6):
                    if rough[i] >= busy:
                        words.append("patterned")
                    elif rough[i] <= calm:
                        words.append("plain")
        return result

    def dyed(self, at, colours, random):
        """at: which pictures [n]; colours: [n] indices into COLOURS. float32 [n, 3, 32, 32] in
        [0, 1]."""
        tints = numpy.array(list(COLOURS.values()), numpy.float32)[colours]
        tints = numpy.clip(tints + random.normal(0, 0.02, tints.shape), 0.02, 1)
        shade = self.pictures[at].astype(numpy.float32)[:, None] / 255
        cloth = tints[:, :, None, None] * (0.32 + 0.76 * shade)
        cloth = cloth + 0.25 * numpy.maximum(shade - 0.75, 0)
        cover = self.cover[at][:, None]
        result = numpy.empty((len(at), 3, SIZE, SIZE), numpy.float32)
        # a soft shadow below and around the garment
        inner = numpy.pad(cover, ((0, 0), (0, 0), (4, 4), (4, 4)))
        shadow = numpy.zeros((len(at), 1, SIZE, SIZE), numpy.float32)
        for dy, dx in ((0, 1), (1, 0), (1, 2), (0, 2), (0, 0), (1, 1), (2, 1), (2, 0), (2, 2)):
            y, x = 1 - dy, 2 * dx - 1
            shadow += inner[:, :, 1 + y : 1 + y + SIZE, 1 + x : 1 + x + SIZE] / 9
        result[:] = GROUND[:, None, None] * (1 - 0.14 * shadow)
        middle = result[:, :, 2:30, 2:30]
        middle[:] = middle * (1 - cover) + cloth.clip(0, 1) * cover
        return result.astype(numpy.float32)

    def caption(self, i, colour, random):
        """One of many ways to say what picture i in this colour shows."""
        words = WORDS[self.labels[i]]
        name = words[random.integers(len(words))]
        traits = [w for w in self.attributes[i] if random.random() < 0.5]
        shade = [w for w in traits if w in ("dark", "bright")]
        others = [w for w in traits if w not in ("dark", "bright")]
        if random.random() < 0.08:
            others.insert(0, FILLERS[random.integers(len(FILLERS))])
        colour = list(COLOURS)[colour]
        if random.random() < 0.06:
            colour = None
        tone = " ".join(shade + [colour]) if colour else " ".join(shade)
        front = [*others, tone] if random.random() < 0.5 else [tone, *others]
        front = " ".join(filter(None, front))
        article = "" if name in PLURAL else "an " if (front or name)[0] in "aeiou" else "a "
        noun = f"{front} {name}".strip()
        kind = random.random()
        if kind < 0.45:
            text = f"{article}{noun}"
        elif kind < 0.60:
            text = noun
        elif kind < 0.75:
            text = f"a photo of {article}{noun}"
        elif kind < 0.80:
            text = f"a picture of {article}{noun}"
        elif kind < 0.90 and front:
            text = f"{name}, {front}"
        elif kind < 0.95 and tone:
            plain = " ".join([*others, name])
            article = "" if name in PLURAL else "an " if plain[0] in "aeiou" else "a "
            text = f"{article}{plain} in {tone}"
        else:
            text = f"product photo, {noun}"
        if random.random() < 0.06:
            text += " " + PLACES[random.integers(len(PLACES))]
        return text


def all_words():
    """Texts that hold every word a caption can have."""
    words = [*COLOURS, *FILLERS, *PLACES, *sum(WORDS, []), "a an the of in and with , .", "photo"]
    words += ["product picture image clothing", "dark bright narrow wide low high patterned plain"]
    return words + ["long-sleeved short-sleeved sleeveless sleeves"]
