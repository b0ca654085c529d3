# SPDX-License-Identifier: MIT
"""Byte-level BPE: learns it, writes tokenizer.json as Hugging Face's library lays it out, reads it.

    python3 train_tokenizer.py [--vocab 4096] [--out tokenizer.json]

Text is split with Llama 3's expression, every piece is written in GPT-2's byte alphabet, and the
commonest neighbours are merged until the vocabulary is full (Sennrich et al. 2016; Radford et al.
2019). Needs nothing outside Python's standard library.
"""
import argparse
import collections
import heapq
import json
import re
import sys
import unicodedata

END = "<|endoftext|>"
PATTERN = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)


def char_ranges(belongs):
    """The characters for which belongs(char), as the inside of a character class."""
    ranges, start = [], None
    for code in range(0x110001):
        inside = code < 0x110000 and belongs(chr(code))
        if inside and start is None:
            start = code
        elif not inside and start is not None:
            ranges.append(f"\\U{start:08x}-\\U{code - 1:08x}")
            start = None
    return "".join(ranges)


def splitter():
    """PATTERN compiled for `re`, which knows neither \\p{L} nor Unicode's own white space."""
    letters = char_ranges(lambda c: unicodedata.category(c)[0] == "L")
    numbers = char_ranges(lambda c: unicodedata.category(c)[0] == "N")
    space = r"\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
    text = PATTERN.replace(r"[^\r\n\p{L}\p{N}]", f"[^\\r\\n{letters}{numbers}]")
    text = text.replace(r"[^\s\p{L}\p{N}]", f"[^{space}{letters}{numbers}]")
    text = text.replace(r"\p{L}", f"[{letters}]").replace(r"\p{N}", f"[{numbers}]")
    return re.compile(text.replace(r"\S", f"[^{space}]").replace(r"\s", f"[{space}]"))


def byte_alphabet():
    """256 printable characters, one for each byte (GPT-2)."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    table = {b: chr(b) for b in plain}
    for b in range(256):
        table.setdefault(b, chr(256 + len(table) - len(plain)))
    return [table[b] for b in range(256)]


class Tokenizer:
    """Encodes and decodes by a tokenizer.json that this script wrote."""

    def __init__(self, path):
        with open(path, encoding="utf-8") as f:
            data = json.load(f)
        self.vocab = data["model"]["vocab"]
        self.tokens = {i: t for t, i in self.vocab.items()}
        self.ranks = {tuple(m): r for r, m in enumerate(data["model"]["merges"])}
        self.end = self.vocab[END]
        self.alphabet = byte_alphabet()
        self.byte_of = {c: b for b, c in enumerate(self.alphabet)}
        self.split = splitter()
        self.cache = {}

    def word(self, word):
        """The ids of one piece: the earliest-learnt merge first, until none applies."""
        ids = self.cache.get(word)
        if ids is None:
            parts = [self.alphabet[b] for b in word.encode()]
            while len(parts) > 1:
                none = len(self.ranks)
                rank, at = min(
                    (self.ranks.get(p, none), i) for i, p in enumerate(zip(parts, parts[1:]))
                )
                if rank == none:
                    break
                parts[at : at + 2] = [parts[at] + parts[at + 1]]
            ids = self.cache[word] = [self.vocab[p] for p in parts]
        return ids

    def encode(self, text, start=False):
        """Ids of the text; END in it becomes its id. `start` puts END in front, as the model
        has seen every document begin."""
        ids = [self.end] if start else []
        for n, part in enumerate(text.split(END)):
            if n:
                ids.append(self.end)
            for word in self.split.findall(part):
                ids += self.word(word)
        return ids

    def decode(self, ids):
        """Text of the ids; END is left out, broken UTF-8 becomes U+FFFD."""
        text = "".join(self.tokens[i] for i in ids if i != self.end)
        return bytes(self.byte_of[c] for c in text).decode("utf-8", errors="replace")


def learn_merges(counts, wanted):
    """The `wanted` commonest merges over {tuple of symbols: how often}.

    A heap of (-count, pair) whose stale entries are corrected when they surface, and for every
    pair the words it may occur in, so that a merge touches these words alone."""
    words = [[list(symbols), n] for symbols, n in counts.items()]
    pairs, where = collections.Counter(), collections.defaultdict(set)
    for at, (symbols, n) in enumerate(words):
        for pair in zip(symbols, symbols[1:]):
            pairs[pair] += n
            where[pair].add(at)
    heap = [(-n, pair) for pair, n in pairs.items()]
    heapq.heapify(heap)
    merges = []
    while heap and len(merges) < wanted:
        count, pair = heapq.heappop(heap)
        if -count != pairs[pair]:
            if pairs[pair] > 0:
                heapq.heappush(heap, (-pairs[pair], pair))
            continue
        merges.append(pair)
        changed = set()
        for at in where.pop(pair):
            symbols, n = words[at]
            for old in zip(symbols, symbols[1:]):
                pairs[old] -= n
            i = 0
            while i + 1 < len(symbols):
                if (symbols[i], symbols[i + 1]) == pair:
                    symbols[i : i + 2] = [pair[0] + pair[1]]
                i += 1
            for new in zip(symbols, symbols[1:]):
                pairs[new] += n
                where[new].add(at)
                changed.add(new)
        for new in changed:
            heapq.heappush(heap, (-pairs[new], new))
    return merges


def describe(merges, vocab):
    """The content of tokenizer.json."""
    byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True}
    added = {"id": 0, "content": END, "single_word": False, "lstrip": False, "rstrip": False}
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [{**added, "normalized": False, "special": True}],
        "normalizer": None,
        "pre_tokenizer": {
            "type": "Sequence",
            "pretokenizers": [
                {
                    "type": "Split",
                    "pattern": {"Regex": PATTERN},
                    "behavior": "Isolated",
                    "invert": False,
                },
                {**byte_level, "use_regex": False},
            ],
        },
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [
                {"SpecialToken": {"id": END, "type_id": 0}},
                {"Sequence": {"id": "A", "type_id": 0}},
            ],
            "pair": [
                {"SpecialToken": {"id": END, "type_id": 0}},
                {"Sequence": {"id": "A", "type_id": 0}},
                {"SpecialToken": {"id": END, "type_id": 1}},
                {"Sequence": {"id": "B", "type_id": 1}},
            ],
            "special_tokens": {END: {"id": END, "ids": [0], "tokens": [END]}},
        },
        "decoder": {**byte_level, "add_prefix_space": True, "use_regex": True},
        "model": {
            "type": "BPE",
            "dropout": None,
            "unk_token": None,
            "continuing_subword_prefix": None,
            "end_of_word_suffix": None,
            "fuse_unk": False,
            "byte_fallback": False,
            "ignore_merges": False,
            "vocab": vocab,
            "merges": [list(m) for m in merges],
        },
    }


def main():
    import corpus

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--vocab", type=int, default=4096, help="entries, END and bytes included")
    parser.add_argument("--out", default="tokenizer.json")
    args = parser.parse_args()

    data = corpus.load()
    alphabet, split = byte_alphabet(), splitter()
    counts = collections.Counter()
    # Both kinds count alike, whatever their sizes.
    sizes = {kind: sum(map(len, parts["train"])) for kind, parts in data.items()}
    for kind, parts in data.items():
        words = collections.Counter()
        for text in parts["train"]:
            words.update(split.findall(text))
        for word, n in words.items():
            symbols = tuple(alphabet[b] for b in word.encode())
            counts[symbols] += round(n * 100 * max(sizes.values()) / sizes[kind])
    merges = learn_merges(counts, args.vocab - 257)
    vocab = {}
    for token in [END, *sorted(alphabet), *(a + b for a, b in merges)]:
        if token not in vocab:
            vocab[token] = len(vocab)
    if len(vocab) != args.vocab:
        sys.exit(f"{len(vocab)} entries instead of {args.vocab}: two merges give the same token")
    with open(args.out, "w", encoding="utf-8") as f:
        json.dump(describe(merges, vocab), f, ensure_ascii=False, indent=1)
        f.write("\n")

    tokenizer = Tokenizer(args.out)
    for kind, parts in data.items():
        for part, texts in parts.items():
            n = 0
            for text in texts:
                ids = tokenizer.encode(text)
                n += len(ids)
                if tokenizer.decode(ids) != text:
                    sys.exit(f"round trip fails on a {kind} document: {text[:60]!r}")
            size = sum(len(t.encode()) for t in texts)
            print(f"{kind:7} {part:6} {n:8} tokens, {size / n:.3f} bytes each, round trip exact")


if __name__ == "__main__":
    main()
