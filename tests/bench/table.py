# SPDX-License-Identifier: MIT
"""What was measured, as lines of Markdown: medians over the rounds, and how far the rounds lay apart."""
import statistics

NCNN_GEMM_1024 = (12.9, 198)  # GFLOP/s of ncnn's Vulkan GEMM and of PyTorch's, in one run on another day; scaled by this run's PyTorch


def middle(values):
    return statistics.median(values)


def spread(values):
    """Half the distance between the largest and the smallest, in percent of the median."""
    return 50 * (max(values) - min(values)) / middle(values)


def number(x):
    return f"{x:.3g}" if x < 1000 else f"{x:.0f}"


def ratios(ours, theirs, higher_is_better):
    """Round by round, so that what disturbs both sides of a round alike cancels."""
    return [a / b if higher_is_better else b / a for a, b in zip(ours, theirs)]


def row(result, peers):
    """result: name, unit, sides: name -> values per round, bars: name -> ratio."""
    higher = result["unit"].endswith("/s")
    ours = result["sides"]["Hekla"]
    cells = [result["name"], result["unit"], f"{number(middle(ours))} ±{spread(ours):.0f}%"]
    for peer in peers:
        theirs = result["sides"].get(peer)
        if not theirs:
            cells += ["-", "-"]
            continue
        r = ratios(ours, theirs, higher)
        bar = result["bars"].get(peer)
        verdict = "" if bar is None else f" ({'≥' if middle(r) >= bar else '**<**'} {bar:g})"
        cells += [f"{number(middle(theirs))} ±{spread(theirs):.0f}%", f"{middle(r):.2f} [{min(r):.2f}, {max(r):.2f}]{verdict}"]
    return "| " + " | ".join(cells) + " |"


def add_ncnn(result):
    """ncnn is in no registry that this reaches: its GEMM stands by its share of PyTorch's speed, measured once."""
    if "ncnn, estimated" in result["bars"] and "PyTorch" in result["sides"]:
        ncnn, torch = NCNN_GEMM_1024
        result["sides"]["ncnn, estimated"] = [ms * torch / ncnn for ms in result["sides"]["PyTorch"]]


def table(results, labels):
    peers = [p for p in ("llama.cpp", "ncnn, estimated", "PyTorch") if any(p in r["sides"] for r in results)]
    lines = [f"- {side}: {label}" for side, label in labels.items()]
    heads = ["case", "unit", "Hekla"] + [h for p in peers for h in (p, "Hekla is so many times faster (asked for)")]
    lines += ["", "| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    lines += [row(r, peers) for r in results]
    return "\n".join(lines) + "\n"
