"""Attributions beside what PyTorch's autograd makes of the papers' formulas."""

import functools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import arrays

from minicnn import (
    BatchNorm2D,
    Conv2D,
    Dropout,
    Flatten,
    GlobalAvgPool2D,
    Linear,
    MaxPool2D,
    Parallel,
    ReLU,
    Residual,
    Sequential,
    explain,
)

torch = pytest.importorskip("torch")
from twins import twin  # noqa: E402


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    """Small networks: PyTorch's threads would wait for each other, and for ours."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@functools.cache
def pair(channels, head):
    """Return a network of ours with what makes it hard, and PyTorch's."""
    ours = Sequential(
        *(Conv2D(channels, 4, 3, padding=1, rng=0), BatchNorm2D(4), ReLU(), MaxPool2D(2)),
        Residual(Sequential(Conv2D(4, 4, 3, padding=1, rng=1), ReLU())),
        Parallel(Conv2D(4, 2, 1, rng=2), Conv2D(4, 3, 3, padding=1, rng=3)),
        *(ReLU(), Dropout(0.5)),
        *([GlobalAvgPool2D()] if head == "mean" else []),
        *(Flatten(), Linear(5 if head == "mean" else 5 * 12, 3, rng=4)),
    )
    rng = np.random.default_rng(5)
    ours = ours.with_params(
        {k: 0.5 + rng.random(v.shape) for k, v in ours.params.items() if k.startswith("1.r")}
    )
    theirs = twin(ours).double().eval()
    state = {k: torch.from_numpy(np.array(v)) for k, v in ours.params.items()}
    theirs.load_state_dict(state)
    return ours, theirs


@pytest.mark.parametrize("head", ["mean", "flat"])
@pytest.mark.parametrize("channels", [1, 3])
@given(data=st.data(), target=st.integers(0, 2))
def test_the_papers_formulas_by_autograd(channels, head, data, target):
    ours, theirs = pair(channels, head)
    x = data.draw(arrays((1, channels, 8, 6), np.float64, whole=False))
    found = explain.saliency(ours, x, target)
    slope = gradient(theirs, x, target)
    size = np.abs(slope).max() + 1e-300
    near = {"rtol": 0, "atol": 1e-9 * size}
    np.testing.assert_allclose(found.values, slope, **near)
    # Simonyan et al.: of the channels the largest absolute value
    np.testing.assert_allclose(np.abs(found.map), np.abs(slope).max(axis=0), **near)
    times = explain.gradient_times_input(ours, x, target)
    np.testing.assert_allclose(times.values, slope * x[0], rtol=0, atol=1e-9 * size * abs(x).max())

    way = (np.arange(9) + 0.5) / 9
    mean = gradient(theirs, way.reshape(9, 1, 1, 1) * x, target) / 9
    shares = explain.integrated_gradients(ours, x, target, steps=9)
    np.testing.assert_allclose(
        shares.values, mean * x[0], rtol=0, atol=1e-8 * (1 + np.abs(mean * x[0]).max())
    )
    assert shares.total == pytest.approx(answer(theirs, x, target) - answer(theirs, 0 * x, target))

    maps = []
    handle = theirs[6].register_forward_hook(lambda _, __, output: maps.append(output))
    y = theirs(torch.from_numpy(x))[0, target]
    handle.remove()
    (by_map,) = torch.autograd.grad(y, maps)
    cam = torch.relu((by_map.mean(dim=(2, 3), keepdim=True) * maps[0]).sum(dim=1))[0]
    made = explain.grad_cam(ours, x, target)
    assert made.method == "Grad-CAM of dropout"  # which is what came out of relu_2
    np.testing.assert_allclose(
        made.values, cam.detach().numpy(), rtol=0, atol=1e-9 * (1 + cam.abs().max().item())
    )


def gradient(theirs, x, target):
    x = torch.from_numpy(np.ascontiguousarray(x)).requires_grad_(True)
    theirs(x)[:, target].sum().backward()
    return x.grad.sum(dim=0).numpy()


def answer(theirs, x, target):
    return theirs(torch.from_numpy(x))[0, target].item()
