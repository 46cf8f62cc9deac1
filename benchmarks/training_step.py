"""How fast is one step of learning (forward, backward, update), against PyTorch?

LeNet-5 and a small network for 8x8 digits, in float32. Every call takes one more step, as in a
run of learning. How far the first one moves each parameter is checked.

    python benchmarks/training_step.py --quick
    python benchmarks/training_step.py --cpu      # on a machine that others use, too
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from _contenders import Case, Run, arguments, parse, present, race, save, serve
from _machine import threads_here
from _results import ratios

from minicnn import Conv2D, Flatten, Linear, MaxPool2D, ReLU, Sequential, models
from minicnn.train import SGD, Adam, apply, cross_entropy, gradients

CASES: dict[str, Case] = {
    "LeNet-5, batch 64, SGD": {"net": "lenet", "batch": 64, "optimizer": "SGD"},
    "LeNet-5, batch 64, Adam": {"net": "lenet", "batch": 64, "optimizer": "Adam"},
    "LeNet-5, batch 8, SGD": {"net": "lenet", "batch": 8, "optimizer": "SGD"},
    "8x8 digits, batch 32, Adam": {"net": "small", "batch": 32, "optimizer": "Adam"},
}
for case in CASES.values():
    case["tolerance"] = 1e-3  # a step is small, and parameters are rounded: 4e-4 seen
SIDE = {"lenet": 28, "small": 8}


def model(net: str) -> Sequential:
    """Return the network; always with the same first weights."""
    return {"lenet": models.lenet5, "small": models.small}[net](rng=0)


def examples(case: Case, dtype: Any = np.float32) -> tuple[np.ndarray, np.ndarray]:
    """Return a batch: always the same numbers."""
    rng = np.random.default_rng(1)
    side = SIDE[case["net"]]
    return rng.random((case["batch"], 1, side, side)).astype(dtype), rng.integers(
        0, 10, case["batch"]
    )


def ours(case: Case, dtype: Any = np.float32) -> Run:
    (x, labels), net, memory = examples(case, dtype), model(case["net"]), None
    for layer in net:
        for name, array in layer.params.items():
            setattr(layer, name, array.astype(dtype))
    optimizer = {"SGD": SGD(0.01, momentum=0.9), "Adam": Adam()}[case["optimizer"]]

    before = dict(net.params)

    def run() -> np.ndarray:
        nonlocal net, memory
        is_first = memory is None
        _, _, slopes = gradients(net, x, labels, loss=cross_entropy)
        net, memory = apply(net, slopes, optimizer, memory)
        return moved(before, net.params) if is_first else np.empty(0)

    return run


def moved(before: Mapping[str, np.ndarray], now: Mapping[str, np.ndarray]) -> np.ndarray:
    """Return by how much each parameter has moved, as parts of the furthest of its array."""
    steps = [(now[key] - array.astype(np.float64)).ravel() for key, array in before.items()]
    return np.concatenate([step / abs(step).max() for step in steps])


def torch(case: Case) -> Run:
    import torch

    nn = torch.nn
    torch.set_num_threads(threads_here())
    twins = {
        Conv2D: lambda a: nn.Conv2d(
            a.in_channels, a.out_channels, a.kernel_size, padding=a.padding[0]
        ),
        ReLU: lambda a: nn.ReLU(),
        MaxPool2D: lambda a: nn.MaxPool2d(2),
        Flatten: lambda a: nn.Flatten(),
        Linear: lambda a: nn.Linear(a.in_features, a.out_features),
    }
    same = model(case["net"])
    net = nn.Sequential(*(twins[type(layer)](layer) for layer in same))
    net.load_state_dict({key: torch.from_numpy(a.copy()) for key, a in same.params.items()})
    x, labels = map(torch.from_numpy, examples(case))
    if case["optimizer"] == "SGD":
        optimizer = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9)
    else:
        optimizer = torch.optim.Adam(net.parameters())

    def run() -> np.ndarray:
        is_first = not optimizer.state
        optimizer.zero_grad()
        nn.functional.cross_entropy(net(x), labels).backward()
        optimizer.step()
        if not is_first:
            return np.empty(0)
        return moved(same.params, {key: np.asarray(a) for key, a in net.state_dict().items()})

    return run


def reference(case: Case) -> np.ndarray:
    """Return how far one step moves each parameter, in float64."""
    return ours(case, np.float64)()


MAKERS = {"minicnn": ours, "PyTorch": torch}
NEEDS = {"minicnn": "numpy", "PyTorch": "torch"}


def main() -> None:
    args = parse(arguments(__doc__.splitlines()[0]))
    if args.serve:
        serve(MAKERS, args)
        return
    results = race(__file__, present(NEEDS, args), CASES, reference, args)
    for title, value in ratios(results, "minicnn", "PyTorch").items():
        print(f"{title}: minicnn / PyTorch = {value:.2f}")
    save("training_step", results, args)


if __name__ == "__main__":
    main()
