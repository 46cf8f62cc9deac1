"""Whole networks: step by step the same as PyTorch's, and good at what they learnt."""

import importlib.util

import numpy as np
import pytest
from laws import same_bits

from minicnn import (
    BatchNorm2D,
    Conv2D,
    Dropout,
    Flatten,
    GroupNorm,
    LayerNorm,
    Linear,
    MaxPool2D,
    ReLU,
    Sequential,
    train,
    weights,
)
from minicnn.train import SGD, Adam, AdamW, Cosine, fit


def lenet(seed=None):
    rng = np.random.default_rng(seed)
    return Sequential(
        *(Conv2D(1, 6, 5, padding=2, rng=rng), ReLU(), MaxPool2D(2)),
        *(Conv2D(6, 16, 5, rng=rng), ReLU(), MaxPool2D(2)),
        *(Flatten(), Linear(400, 120, rng=rng), ReLU()),
        *(Linear(120, 84, rng=rng), ReLU(), Linear(84, 10, rng=rng)),
    )


def torch_lenet():
    nn = pytest.importorskip("torch").nn
    return nn.Sequential(
        *(nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Flatten(), nn.Linear(400, 120), nn.ReLU()),
        *(nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10)),
    )


def small(seed, classes, size):
    rng = np.random.default_rng(seed)
    return Sequential(
        *(Conv2D(1, 8, 3, padding=1, rng=rng), ReLU(), MaxPool2D(2)),
        *(Conv2D(8, 16, 3, padding=1, rng=rng), ReLU(), MaxPool2D(2)),
        *(Flatten(), Linear(16 * (size // 4) ** 2, classes, rng=rng)),
    )


def test_a_state_dict_of_lenet_goes_in_and_out():
    twin = torch_lenet()
    ours = weights.load(lenet(), twin.state_dict())
    assert list(ours.params) == list(twin.state_dict())
    for key, tensor in twin.state_dict().items():
        same_bits(ours.params[key], tensor.numpy())
    assert sum(array.size for array in ours.params.values()) == 61_706


@pytest.mark.parametrize(
    "optimizer",
    [SGD(0.05, momentum=0.9, weight_decay=1e-3), Adam(0.01), AdamW(0.01, weight_decay=0.1)],
    ids=lambda optimizer: type(optimizer).__name__,
)
def test_lenet_learns_step_by_step_as_in_torch(optimizer):
    """In float64, whose rounding five steps do not blow up: the same parameters to 1e-9."""
    torch, theirs = pytest.importorskip("torch"), torch_lenet().double()
    model = lenet()
    for layer in model:
        for name in layer.params:
            setattr(layer, name, layer.params[name].astype(np.float64))
    model = weights.load(model, theirs.state_dict())
    numbers = {"lr": optimizer.learning_rate, "weight_decay": optimizer.weight_decay}
    if isinstance(optimizer, SGD):
        numbers["momentum"] = optimizer.momentum
    twin = getattr(torch.optim, type(optimizer).__name__)(theirs.parameters(), **numbers)
    rng, memory = np.random.default_rng(0), None
    for _ in range(5):
        x, labels = rng.random((8, 1, 28, 28)), rng.integers(0, 10, 8)
        twin.zero_grad()
        loss = torch.nn.functional.cross_entropy(
            theirs(torch.from_numpy(x)), torch.from_numpy(labels)
        )
        loss.backward()
        twin.step()
        value, _, slopes = train.gradients(model, x, labels)
        model, memory = train.apply(model, slopes, optimizer, memory)
        assert value == pytest.approx(loss.item(), rel=1e-10)
    for key, tensor in theirs.state_dict().items():
        np.testing.assert_allclose(model.params[key], tensor.numpy(), atol=1e-9)


def normed(dropout=0.0):
    return Sequential(
        *(Conv2D(1, 4, 3, rng=0), BatchNorm2D(4), ReLU(), MaxPool2D(2), GroupNorm(2, 4)),
        *(Flatten(), LayerNorm(36), Dropout(dropout), Linear(36, 5, rng=1)),
    )


def torch_normed():
    nn = pytest.importorskip("torch").nn
    return nn.Sequential(
        *(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2), nn.GroupNorm(2, 4)),
        *(nn.Flatten(), nn.LayerNorm(36), nn.Dropout(0.0), nn.Linear(36, 5)),
    )


def test_statistics_go_along_as_in_torch():
    """Batch norm's means are counted, not learnt: no momentum, no decay, no learning rate."""
    torch, theirs = pytest.importorskip("torch"), torch_normed()
    model = weights.load(normed(), theirs.state_dict())
    assert list(model.params) == list(theirs.state_dict())
    optimizer = SGD(0.1, momentum=0.9, weight_decay=0.01)
    twin = torch.optim.SGD(theirs.parameters(), lr=0.1, momentum=0.9, weight_decay=0.01)
    rng, memory = np.random.default_rng(0), None
    for _ in range(4):
        x = (rng.random((6, 1, 8, 8)) * 3 + 1).astype(np.float32)
        labels = rng.integers(0, 5, 6)
        twin.zero_grad()
        torch.nn.functional.cross_entropy(
            theirs(torch.from_numpy(x)), torch.from_numpy(labels)
        ).backward()
        twin.step()
        _, _, slopes = train.gradients(model, x, labels, rng=0)
        model, memory = train.apply(model, slopes, optimizer, memory)
    for key, tensor in theirs.state_dict().items():
        np.testing.assert_allclose(model.params[key], tensor.numpy(), rtol=2e-4, atol=2e-5)
    assert model.params["1.num_batches_tracked"] == 4
    theirs.eval()
    np.testing.assert_allclose(model(x), theirs(torch.from_numpy(x)).detach().numpy(), atol=1e-4)
    theirs.load_state_dict({k: torch.from_numpy(np.array(a)) for k, a in model.params.items()})
    again = weights.load(normed(), theirs.state_dict())
    for key, array in model.params.items():
        same_bits(np.asarray(again.params[key]), np.asarray(array))


@pytest.mark.parametrize("suffix", [".npz", ".safetensors"])
def test_statistics_are_saved_and_a_run_goes_on(tmp_path, suffix):
    if suffix == ".safetensors":
        pytest.importorskip("safetensors")
    data = train.drawn_shapes(40, size=12, rng=0)
    data = train.Dataset(data.x[:, :, 2:10, 2:10], data.targets)
    path, arguments = tmp_path / "run.npz", {"validation": data, "rng": 3, "batch_size": 16}
    whole = fit(normed(0.5), data, epochs=4, **arguments)
    assert whole.model.params["1.num_batches_tracked"] == 4 * 3
    fit(normed(0.5), data, epochs=2, checkpoint=path, **arguments)
    resumed = fit(normed(0.5), data, epochs=4, checkpoint=path, resume=True, **arguments)
    file = weights.save(whole.model, tmp_path / f"model{suffix}")
    for other in (resumed.model, weights.load(normed(0.5), file)):
        for key, array in whole.model.params.items():
            same_bits(np.asarray(other.params[key]), np.asarray(array))
            assert other.params[key].dtype == array.dtype
        same_bits(other(data.x), whole.model(data.x))
    other = fit(normed(0.5), data, epochs=4, **{**arguments, "rng": 4})
    assert (other.model.params["0.weight"] != whole.model.params["0.weight"]).any()


def test_norms_keep_their_first_weights():
    model = train.initialise(normed(), rng=0)
    for key in ("1.weight", "4.weight", "6.weight"):
        assert (model.params[key] == 1).all()
    assert (model.params["0.weight"] != normed().params["0.weight"]).all()


def test_shapes_are_told_apart_in_seconds():
    learnt, tried = (
        train.drawn_shapes(n, size=16, noise=0.02, turn=10, rng=n) for n in (1500, 300)
    )
    arguments = {"epochs": 16, "optimizer": Adam(0.01), "schedule": Cosine(), "rng": 0}
    run = fit(small(0, 5, 16), learnt, validation=tried, **arguments)
    assert run.history[-1].validation_accuracy > 0.95
    assert run.history[-1].accuracy > 0.95


def test_real_digits_are_read_by_two_thousand_parameters():
    if importlib.util.find_spec("sklearn") is None:
        pytest.skip("needs scikit-learn")
    learnt, tried = train.digits().split(0.8, rng=0)
    model = small(0, 10, 8)
    assert sum(array.size for array in model.params.values()) == 1898
    arguments = {"epochs": 15, "optimizer": Adam(0.01), "schedule": Cosine(), "rng": 0}
    run = fit(model, learnt, validation=tried, **arguments)
    assert run.history[-1].validation_accuracy >= 0.965
