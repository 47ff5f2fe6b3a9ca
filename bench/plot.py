"""The picture: messages per second over time, the bridge and the loop it replaces."""

import importlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

# Okabe and Ito's palette, told apart with any colour vision.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7")
REFERENCE_COLOUR = "#444444"
TARGET, LIMIT = 70, 80


@dataclass(frozen=True, kw_only=True)
class Curve:
    """One line of steps: `edges` are seconds, one more than the `counts` between them."""

    label: str
    edges: Sequence[float]
    counts: Sequence[int]
    colour: str


def curves(series: Mapping[str, Sequence[int]]) -> list[Curve]:
    """Return a curve per series, the label saying how long how many messages took."""
    return [
        Curve(
            label=f"{name}: {sum(counts):,} messages in {len(counts)} s",
            edges=list(range(len(counts) + 1)),
            counts=counts,
            colour=COLOURS[number % len(COLOURS)],
        )
        for number, (name, counts) in enumerate(series.items())
    ]


def draw(series: Mapping[str, Sequence[int]], path: Path) -> None:
    """Write the picture as PNG."""
    # By name, because only `make bench` installs it: type checks run without.
    pyplot = importlib.import_module("matplotlib.pyplot")
    pyplot.switch_backend("agg")
    figure, axes = pyplot.subplots(figsize=(9, 4.5), dpi=150, layout="constrained")
    for curve in curves(series):
        axes.stairs(curve.counts, curve.edges, label=curve.label, color=curve.colour, linewidth=2)
    for rate, label, style in ((LIMIT, "Meta's limit", "--"), (TARGET, "the sender's rate", ":")):
        axes.axhline(rate, color=REFERENCE_COLOUR, linestyle=style, linewidth=1)
        axes.text(
            1.01,
            rate,
            f"{rate}/s\n{label}",
            transform=axes.get_yaxis_transform(),
            va="center",
            fontsize=9,
            color=REFERENCE_COLOUR,
        )
    axes.set(
        title="Messages accepted by the simulated Meta",
        xlabel="seconds since the first message",
        ylabel="messages per second",
        ylim=(0, LIMIT * 1.15),
        xlim=(0, None),
    )
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(loc="center", frameon=False)
    figure.savefig(path)
    pyplot.close(figure)
