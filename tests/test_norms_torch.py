"""Normalisation and dropout are PyTorch's: values, gradients, running numbers, NaN, state."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from laws import same_bits
from norms import divisors, learnt, numbers, wide

from minicnn import BatchNorm2D, Dropout, GroupNorm, LayerNorm, LocalResponseNorm

torch = pytest.importorskip("torch")

dtypes = pytest.mark.parametrize("dtype", ["float32", "float64"])


def compare(ours, theirs, x, dtype):
    """Assert equal outputs and equal gradients, of ours and of PyTorch's layer."""
    state = {name: torch.from_numpy(np.array(array)) for name, array in ours.params.items()}
    theirs.load_state_dict(state)
    theirs.to(getattr(torch, dtype))
    x = x.astype(dtype)
    dy = numbers(x.shape, 7).astype(dtype)
    tx = torch.from_numpy(x.copy()).requires_grad_()
    ty = theirs(tx)
    ty.backward(torch.from_numpy(dy))
    y, backward = ours.vjp(x)
    dx, gradients = backward(dy)
    assert y.dtype == dtype
    tol = {"rtol": 1e-4, "atol": 1e-4} if dtype == "float32" else {"rtol": 1e-9, "atol": 1e-9}
    np.testing.assert_allclose(y, ty.detach().numpy(), **tol)
    np.testing.assert_allclose(dx, tx.grad.numpy(), **tol)
    for name, parameter in theirs.named_parameters():
        np.testing.assert_allclose(gradients[name], parameter.grad.numpy(), **tol)


@dtypes
@given(x=wide(), affine=st.booleans(), eps=st.sampled_from([1e-5, 0.1]))
def test_looking_through_batch_norm_is_torchs(dtype, x, affine, eps):
    channels = x.shape[1]
    ours = learnt(BatchNorm2D(channels, affine=affine, eps=eps), [x + 1, 2 * x])
    theirs = torch.nn.BatchNorm2d(channels, affine=affine, eps=eps).eval()
    compare(ours, theirs, x, dtype)


@dtypes
@pytest.mark.parametrize("track", [True, False])
@given(x=wide(), momentum=st.sampled_from([0.1, 0.7, 0.0, 1.0, None]))
def test_learning_through_batch_norm_is_torchs(dtype, track, x, momentum):
    options = {"momentum": momentum, "track_running_stats": track}
    ours = BatchNorm2D(x.shape[1], **options).for_training()
    compare(ours, torch.nn.BatchNorm2d(x.shape[1], **options), x, dtype)


@given(xs=st.lists(wide(), min_size=1, max_size=4), momentum=st.sampled_from([0.1, 1.0, None]))
def test_the_state_goes_to_torch_and_back(xs, momentum):
    xs = [x[:, :1].astype(np.float32) for x in xs]
    theirs = torch.nn.BatchNorm2d(1, momentum=momentum)
    for x in xs:
        theirs(torch.from_numpy(x))
    ours = learnt(BatchNorm2D(1, momentum=momentum), xs)
    state = {name: tensor.numpy() for name, tensor in theirs.state_dict().items()}
    assert list(state) == list(ours.params)
    for name, array in state.items():
        assert ours.params[name].dtype == array.dtype
        np.testing.assert_allclose(ours.params[name], array, rtol=1e-5, atol=1e-6)
    back = ours.with_params(state)
    for name, array in state.items():
        same_bits(back.params[name], array)


@dtypes
@given(x=wide(), data=st.data())
def test_group_norm_is_torchs(dtype, x, data):
    groups = data.draw(st.sampled_from(divisors(x.shape[1])))
    affine = data.draw(st.booleans())
    ours = GroupNorm(groups, x.shape[1], affine=affine)
    compare(ours, torch.nn.GroupNorm(groups, x.shape[1], affine=affine), x, dtype)


@dtypes
@given(x=wide(), axes=st.integers(1, 3), bias=st.booleans())
def test_layer_norm_is_torchs(dtype, x, axes, bias):
    shape = x.shape[4 - axes :]
    ours = LayerNorm(shape, bias=bias)
    compare(ours, torch.nn.LayerNorm(shape, bias=bias), x, dtype)


@dtypes
@given(x=wide(), size=st.sampled_from([1, 2, 3, 4, 7]))
def test_local_response_norm_is_torchs(dtype, x, size):
    options = {"alpha": 0.7, "beta": 0.6, "k": 1.5}
    ours, theirs = LocalResponseNorm(size, **options), torch.nn.LocalResponseNorm(size, **options)
    compare(ours, theirs, x, dtype)


@dtypes
@pytest.mark.parametrize("beta", [0.75, 1.0, 1.5, 2.0])
def test_the_slope_at_an_infinite_response_is_torchs(dtype, beta):
    x = numbers((1, 5, 2, 2)).astype(dtype)
    x[0, 1, 0, 0] = np.inf
    theirs = torch.from_numpy(x.copy()).requires_grad_()
    torch.nn.functional.local_response_norm(theirs, 3, 1.0, beta, 1.0).sum().backward()
    dx = LocalResponseNorm(3, alpha=1.0, beta=beta, k=1.0).vjp(x)[1](np.ones_like(x))[0]
    np.testing.assert_allclose(dx, theirs.grad.numpy(), rtol=1e-5, atol=1e-6)


def test_what_is_not_a_number_is_torchs():
    x = numbers((2, 4, 3, 3))
    x[0, 1, 2, 2], x[1, 3, 0, 0] = np.nan, np.inf
    pairs = [
        (BatchNorm2D(4), torch.nn.BatchNorm2d(4).eval()),
        (BatchNorm2D(4).for_training(), torch.nn.BatchNorm2d(4)),
        (GroupNorm(2, 4), torch.nn.GroupNorm(2, 4)),
        (LayerNorm((4, 3, 3)), torch.nn.LayerNorm((4, 3, 3))),
        (LocalResponseNorm(3), torch.nn.LocalResponseNorm(3)),
        (Dropout(1.0, seed=0), torch.nn.Dropout(1.0)),
        (Dropout(0.5), torch.nn.Dropout(0.5).eval()),
    ]
    for ours, theirs in pairs:
        expected = theirs.double()(torch.from_numpy(x)).detach().numpy()
        np.testing.assert_array_equal(np.isnan(ours(x)), np.isnan(expected), err_msg=repr(ours))
    poisoned = learnt(BatchNorm2D(4), [x])
    theirs = torch.nn.BatchNorm2d(4).double()
    theirs(torch.from_numpy(x))
    np.testing.assert_array_equal(
        np.isnan(poisoned.running_mean), np.isnan(theirs.running_mean.numpy())
    )
