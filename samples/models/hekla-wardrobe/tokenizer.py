# SPDX-License-Identifier: MIT
"""CLIP's byte-pair tokenizer (Radford et al. 2021): trained here so that each word of the captions
is one token. `python3 tokenizer.py` writes the folder tokenizer/."""
import collections
import json
import pathlib
import re
import sys
import unicodedata

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "common"))

import clothes
import files

START, END, PLACES = "<|startoftext|>", "<|endoftext|>", 77
SPLIT = re.compile(r"'s|'t|'re|'ve|'m|'ll|'d|[^\W\d_]+|\d|(?:[^\s\w]|_)+")


def byte_letters():
    """A printable letter for each byte, those that print themselves first."""
    own = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [b for b in range(256) if b not in own]
    return dict(zip(own + others, map(chr, own + [256 + n for n in range(len(others))])))


def letters(word):
    table = byte_letters()
    parts = [table[b] for b in word.encode()]
    return (*parts[:-1], parts[-1] + "</w>")


def merged(parts, pair):
    result = []
    for part in parts:
        if result and (result[-1], part) == pair:
            result[-1] += part
        else:
            result.append(part)
    return tuple(result)


def train(words):
    """Merges, the commonest pair first, until every word is one token."""
    words, merges = {letters(w) for w in words}, []
    while any(len(w) > 1 for w in words):
        pairs = collections.Counter(p for w in sorted(words) for p in zip(w, w[1:]))
        merges.append(max(pairs, key=lambda p: (pairs[p], p)))
        words = {merged(w, merges[-1]) for w in words}
    return merges


class Tokenizer:
    def __init__(self, folder=HERE / "tokenizer"):
        self.vocab = json.loads((folder / "vocab.json").read_text(encoding="utf-8"))
        lines = (folder / "merges.txt").read_text(encoding="utf-8").splitlines()[1:]
        self.ranks = {tuple(line.split(" ")): i for i, line in enumerate(lines)}

    def encode(self, text):
        """ids between start and end, cut and filled with the end's id to 77 places."""
        ids = [self.vocab[START]]
        text = unicodedata.normalize("NFC", text)
        for word in SPLIT.findall(" ".join(text.lower().split())):
            parts = letters(word)
            while pairs := [p for p in zip(parts, parts[1:]) if p in self.ranks]:
                parts = merged(parts, min(pairs, key=self.ranks.get))
            ids += [self.vocab[p] for p in parts]
        end = self.vocab[END]
        return ids[: PLACES - 1] + [end] * (PLACES - len(ids[: PLACES - 1]))


def main():
    merges = train(w for text in clothes.all_words() for w in SPLIT.findall(text))
    single = list(byte_letters().values())
    vocab = single + [c + "</w>" for c in single] + [a + b for a, b in merges] + [START, END]
    folder = HERE / "tokenizer"
    folder.mkdir(exist_ok=True)
    files.write_json(folder / "vocab.json", {token: i for i, token in enumerate(vocab)})
    text = "#version: 0.2\n" + "".join(f"{a} {b}\n" for a, b in merges)
    files.replace(folder / "merges.txt", text.encode())
    special = {"bos_token": START, "eos_token": END, "pad_token": END, "unk_token": END}
    files.write_json(folder / "special_tokens_map.json", special)
    config = {"tokenizer_class": "CLIPTokenizer", "model_max_length": PLACES}
    config |= {"add_prefix_space": False, "do_lower_case": True, "errors": "replace"}
    files.write_json(folder / "tokenizer_config.json", config | special)
    print(len(vocab), "tokens")


if __name__ == "__main__":
    main()
