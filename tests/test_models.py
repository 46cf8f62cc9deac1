"""Known networks: their sizes are the published ones, and they are PyTorch's to the number."""

import inspect

import numpy as np
import pytest
from laws import same_bits

from minicnn import models, weights
from minicnn.errors import ConfigError, ShapeError
from minicnn.models import CLASSICS, MODELS, fire_block, inception_block, residual_block

ALL = MODELS | CLASSICS
PUBLISHED = {
    "lenet5": (61_706, None),  # with every map of the second layer seeing all of the first
    "small": (1_898, None),
    "medium": (7_461, None),
    "resnet8": (78_042, None),
    "resnet20": (272_474, 41e6),  # the paper: 0.27M; torch models with projections: 272,474
    "alexnet": (60_965_224, 724e6),  # Caffe's bvlc_alexnet
    "vgg11": (132_863_336, 7.61e9),  # torchvision's vgg11
    "vgg16": (138_357_544, 15.5e9),  # torchvision's vgg16
    "googlenet": (6_998_552, 1.58e9),  # Caffe's bvlc_googlenet
    "squeezenet": (1_235_496, 349e6),  # torchvision's squeezenet1_1
}
"""Parameters, and multiply-adds for one picture of the usual size, as others count them."""

LEAST = {"alexnet": 67, "vgg11": 32, "vgg16": 32, "googlenet": 31, "squeezenet": 17}


class Weightless(np.random.Generator):
    """A generator whose numbers are all 0 and take no memory: for networks too large to draw."""

    def uniform(self, low=0.0, high=1.0, size=None):
        class Cheap(np.ndarray):
            def astype(self, dtype, **_):
                return np.broadcast_to(np.zeros((), dtype), size)

        return np.broadcast_to(0.0, size).view(Cheap)


def weightless():
    return Weightless(np.random.PCG64(0))


def usual(build):
    """Return the shape of one picture that a network takes unless told otherwise."""
    known = {name: p.default for name, p in inspect.signature(build).parameters.items()}
    return 1, known["channels"], known["size"], known["size"]


@pytest.mark.parametrize("name", ALL)
def test_sizes_are_the_published_ones(name):
    shape = usual(ALL[name])
    summary = ALL[name](rng=weightless()).summary(shape)
    parameters, multiply_adds = PUBLISHED[name]
    assert summary.parameters == parameters
    assert len(summary.output_shape) == 2
    if multiply_adds is not None:
        assert summary.multiply_adds == pytest.approx(multiply_adds, rel=0.01)


@pytest.mark.parametrize("name", [n for n in ALL if PUBLISHED[n][0] > 1e5])
def test_the_docs_say_how_many_parameters(name):
    count = PUBLISHED[name][0]
    said = (f"{count:,}", f"{count / 1e6:.2f} million", f"{count / 1e6:.0f} million")
    assert any(words in inspect.getdoc(ALL[name]) for words in said)


@pytest.mark.parametrize("name", ALL)
def test_channels_size_and_classes_are_yours(name):
    size = (LEAST.get(name, 12) + 3, LEAST.get(name, 12) + 8)
    for channels in (1, 4):
        model = ALL[name](channels, size, 7, rng=weightless())
        assert model.output_shape((5, channels, *size)) == (5, 7)


@pytest.mark.parametrize("name", LEAST)
def test_too_small_a_picture_is_refused_at_once(name):
    least = LEAST[name]
    ALL[name](size=least, rng=weightless()).output_shape((1, 3, least, least))
    with pytest.raises(ShapeError, match=f"it takes {least} x {least} or more"):
        ALL[name](size=(least + 9, least - 1), rng=weightless())
    with pytest.raises(ShapeError):
        ALL[name](size=least, rng=weightless()).output_shape((1, 3, least + 9, least - 1))


@pytest.mark.parametrize("name", ["resnet8", "squeezenet"])
def test_the_seed_decides(name):
    one, same, other = (ALL[name](1, 20, 3, rng=seed).params for seed in (1, 1, 2))
    for key, array in one.items():
        same_bits(array, same[key])
    assert any((array != other[key]).any() for key, array in one.items())
    drawn = [a for k, a in one.items() if k.endswith("weight") and a.ndim > 1]
    firsts = {float(array.flat[0]) for array in drawn}
    assert len(firsts) == len(drawn)  # no two layers begin alike


def test_no_name_of_a_step_stands_twice():
    for build in ALL.values():
        names = [node.name for node in build(rng=weightless()).plan()]
        assert len(set(names)) == len(names)


def test_names_are_those_of_the_tables():
    for name, build in ALL.items():
        assert getattr(models, name) is build
        assert build.__name__ == name


def test_an_inception_block_of_the_paper():
    block = inception_block(192, 64, (96, 128), (16, 32), 32, rng=weightless())
    assert sum(array.size for array in block.params.values()) == 163_696
    assert block.output_shape((1, 192, 28, 28)) == (1, 256, 28, 28)
    names = [node.name for node in block.plan()]
    assert names[0] == "ones.conv2d"
    assert names[-1] == "concat"


def test_a_residual_block_that_learnt_nothing_passes_its_input_on():
    block = residual_block(3, 3, rng=0)
    silent = {k: np.zeros_like(a) for k, a in block.params.items() if k.startswith("0.body.4")}
    x = np.random.default_rng(0).random((2, 3, 5, 6))
    same_bits(block.with_params(silent)(x), x)


@pytest.mark.parametrize(
    ("build", "shape"),
    [
        (lambda: MODELS["resnet8"](2, 9, 4, rng=0), (3, 2, 9, 11)),
        (lambda: MODELS["resnet20"](1, 9, 4, rng=0), (2, 1, 9, 8)),
        (lambda: inception_block(4, 2, (3, 4), (1, 2), 3, rng=0), (2, 4, 6, 7)),
        (lambda: fire_block(4, 2, 3, rng=0), (2, 4, 6, 7)),
        (lambda: residual_block(2, 3, rng=0), (2, 2, 6, 7)),
        (lambda: residual_block(3, 3, stride=2, rng=0), (2, 3, 6, 7)),
        (lambda: CLASSICS["squeezenet"](3, 20, 5, rng=0), (2, 3, 20, 23)),
        (lambda: CLASSICS["googlenet"](3, 31, 5, rng=0), (1, 3, 31, 33)),
    ],
)
@pytest.mark.parametrize("learning", [False, True])
def test_outputs_gradients_and_statistics_are_torchs(build, shape, learning):
    torch = pytest.importorskip("torch")
    from twins import twin

    ours = build()
    theirs = twin(ours)
    assert list(theirs.state_dict()) == list(ours.params)
    theirs.load_state_dict({k: torch.from_numpy(np.array(a)) for k, a in ours.params.items()})
    theirs.double().train(learning)
    for layer in theirs.modules():
        if isinstance(layer, torch.nn.Dropout):
            layer.p = 0.0  # its choices are its own
    learner = ours.for_training(0) if learning else ours
    for _, layer in learner.leaves():
        if type(layer).__name__ == "Dropout":
            layer.seed = None
    x, rng = np.random.default_rng(1).standard_normal(shape), np.random.default_rng(2)
    y, backward = learner.vjp(x)
    dy = rng.standard_normal(y.shape)
    dx, gradients = backward(dy)
    tx = torch.from_numpy(x).requires_grad_()
    ty = theirs(tx)
    ty.backward(torch.from_numpy(dy))
    np.testing.assert_allclose(y, ty.detach().numpy(), atol=1e-9)
    np.testing.assert_allclose(dx, tx.grad.numpy(), atol=1e-8)
    for name, parameter in theirs.named_parameters():
        np.testing.assert_allclose(gradients[name], parameter.grad.numpy(), atol=1e-7)
    for name in ours.statistics:
        after = theirs.state_dict()[name].numpy()
        np.testing.assert_allclose(ours.params[name] - gradients[name], after, atol=1e-7)


def test_a_state_dict_goes_in_and_out(tmp_path):
    pytest.importorskip("torch")
    from twins import twin

    ours = MODELS["resnet8"](rng=0)
    theirs = twin(ours)
    learnt = weights.load(ours, theirs.state_dict())
    for name, tensor in theirs.state_dict().items():
        same_bits(learnt.params[name], tensor.numpy())
    weights.save(learnt, tmp_path / "w.npz")
    again = weights.load(ours, tmp_path / "w.npz")
    for name, array in learnt.params.items():
        same_bits(again.params[name], array)


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (lambda: models.resnet8(classes=0), ConfigError, "out_features must be"),
        (lambda: models.resnet8(size="a"), ConfigError, "size must be"),
        (lambda: models.resnet8(channels=0), ConfigError, "in_channels must be"),
        (lambda: models.resnet8(rng="a"), ConfigError, "rng must be"),
        (lambda: models.vgg11(size=(31, 99), rng=0), ShapeError, "31 x 99 pixels are too small"),
        (lambda: models.squeezenet(size=0), ConfigError, "size must be"),
    ],
)
def test_wrong_calls(call, error, says):
    with pytest.raises(error, match=says):
        call()
