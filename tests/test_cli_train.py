"""minicnn train, predict, maps --weights: called in this process, on small pictures."""

import gzip
import re
import shutil

import numpy as np
import pytest
from idx_files import idx
from PIL import Image

from minicnn import cli, train, weights
from minicnn.classifier import Classifier
from minicnn.cli import console, learnt
from minicnn.cli import train as command


@pytest.fixture
def call(capsys):
    def said(*argv):
        capsys.readouterr()
        code = cli.main([str(text) for text in argv])
        return code, *capsys.readouterr()

    return said


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A folder of drawn shapes, a folder for each class."""
    monkeypatch.chdir(tmp_path)
    data = train.drawn_shapes(60, size=20, noise=0.02, rng=0)
    for n, (x, label) in enumerate(zip(data.x[:, 0], data.targets, strict=True)):
        folder = tmp_path / "drawn" / data.classes[label]
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray((255 * x).astype(np.uint8)).save(folder / f"{n:02}.png")
    return tmp_path


QUICK = ("--size", 16, "--epochs", 2, "--network", "small")


def test_from_a_folder_to_an_answer(call, here):
    code, out, err = call("train", "drawn/", *QUICK, "-o", "w.npz")
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[0].startswith("60 examples of 1x16x16 in 5 classes: 12 each of circle, cross,")
    assert max(map(len, lines[1:])) <= 80
    assert "Finished: all 2 epochs are done." in lines
    assert re.search(r"^w\.npz: small, 2,533 parameters\n  loss .* on 12 examples", out, re.M)
    taught = Classifier.load("w.npz")
    assert (taught.name, taught.channels, taught.size) == ("small", 1, (16, 16))
    assert taught.classes == ("circle", "cross", "square", "stripes", "triangle")

    code, out, err = call("predict", "drawn/cross", "drawn/circle", "-w", "w.npz")
    assert (code, err) == (0, "")
    assert len(out.splitlines()) == 24
    for line in out.splitlines():
        name, answer = line.split(": ")
        shares = [float(part) for part in re.findall(r"([\d.]+) %", answer)]
        assert len(shares) == 3
        assert shares == sorted(shares, reverse=True)
        assert name.endswith(".png")


@pytest.mark.parametrize(
    ("pictures", "labels"),
    [
        ("train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"),
        ("train-images.idx3-ubyte", "train-labels.idx1-ubyte"),  # as some programs unpack them
    ],
)
def test_a_folder_of_mnists_files(call, here, pictures, labels):
    """The two files to learn from; those to be tried on at the very end are left alone."""
    data = train.drawn_shapes(60, size=16, noise=0.02, rng=0)
    arrays = (255 * data.x[:, 0]).astype(np.uint8), data.targets.astype(np.uint8)
    (here / "mnist").mkdir()
    for name, array in zip((pictures, labels), arrays, strict=True):
        packed = gzip.compress(idx(array)) if name.endswith(".gz") else idx(array)
        (here / "mnist" / name).write_bytes(packed)
        (here / "mnist" / name.replace("train", "t10k")).write_bytes(b"not to be read")
    code, out, err = call("train", "./mnist", "--epochs", 1, "--network", "small", "-o", "w.npz")
    assert (code, err) == (0, "")
    assert out.startswith("60 examples of 1x16x16 in 5 classes: 12 each of 0, 1, 2, 3, 4")
    assert Classifier.load("w.npz").classes == ("0", "1", "2", "3", "4")

    code, _, err = call("train", "./mnist", "--size", 8, "-o", "v.npz")
    assert (code, "--size and --colour are for pictures" in err) == (2, True)
    (here / "mnist" / labels).write_bytes(idx(np.zeros(60, np.uint8)))
    code, _, err = call("train", "./mnist", "-o", "v.npz")
    assert (code, "holds one class alone, 0" in err) == (1, True)
    (here / "mnist" / labels).unlink()
    code, _, err = call("train", "./mnist", "-o", "v.npz")
    assert (code, err) == (
        1,
        f"minicnn: './mnist' has {pictures!r} and no labels: train-labels-idx1-ubyte, "
        "or .gz, must lie beside it.\n",
    )


def test_the_same_seed_gives_the_same_file(call, here):
    for name, seed in (("a", 3), ("b", 3), ("c", 4)):
        assert call("train", "drawn", *QUICK, "--seed", seed, "-o", f"{name}.npz")[0] == 0
    a, b, c = ((here / f"{name}.npz").read_bytes() for name in "abc")
    assert a == b != c


def test_every_option(call, here):
    code, out, _ = call(
        *("train", "drawn", "-o", "w.npz", "--network", "medium", "--size", "16,20", "--color"),
        *("--epochs", 3, "--batch-size", 7, "--optimizer", "sgd", "--learning-rate", "0.01"),
        *("--schedule", "constant", "--validation", 0.5, "--patience", 1, "--seed", 5),
        *("--checkpoint", "run.npz"),
    )
    assert code == 0
    assert "seed 5." in out
    assert "0.01" in out
    assert "on 30 examples" in out
    taught = Classifier.load("w.npz")
    assert (taught.name, taught.channels, taught.size) == ("medium", 3, (16, 20))
    assert weights.read("run.npz")["model/0.weight"].shape == (8, 3, 5, 5)
    assert call("predict", "drawn/cross", "-w", "w.npz", "--top", 1)[0] == 0


def test_a_checkpoint_is_gone_on_from(call, here):
    options = ("--size", 16, "--network", "small", "--schedule", "constant")
    call("train", "drawn", *options, "--epochs", 1, "--checkpoint", "run.npz", "-o", "1.npz")
    call("train", "drawn", *options, "--epochs", 3, "--checkpoint", "run.npz", "-o", "3.npz")
    call("train", "drawn", *options, "--epochs", 3, "-o", "whole.npz")
    assert (here / "3.npz").read_bytes() == (here / "whole.npz").read_bytes()
    code, _, err = call(
        *("train", "drawn", *options, "--seed", 9, "--epochs", 3),
        *("--checkpoint", "run.npz", "-o", "other.npz"),
    )
    assert (code, err.count("\n")) == (1, 1)
    assert "is of another run." in err
    assert "seed then '0', now '9'" in err
    assert "another --checkpoint." in err
    assert not (here / "other.npz").exists()


def test_an_existing_file_is_replaced_with_force(call, here):
    (here / "w.npz").write_bytes(b"there")
    assert call("train", "drawn", *QUICK, "--force", "-o", "w.npz")[0] == 0
    assert Classifier.load("w.npz").name == "small"


def test_without_validation_the_last_weights_are_kept(call, here):
    code, out, _ = call("train", "drawn", *QUICK, "--validation", 0, "-o", "w.npz")
    assert code == 0
    assert "val" not in out
    assert "did not learn from" not in out
    assert out.endswith("\n  written: epoch 2, the last\n")


def test_who_chose_the_epoch_is_said(call, here):
    options = ("--size", 16, "--network", "small")
    _, out, _ = call("train", "drawn", *options, "--epochs", 1, "-o", "1.npz")
    assert " on 12 examples that it did not learn from\n  written: epoch 1, the best\n" in out
    _, out, _ = call("train", "drawn", *options, "--epochs", 2, "-o", "2.npz")
    assert re.search(r" on 12 examples that only chose the epoch\n  written: epoch \d, the b", out)


@pytest.mark.parametrize(
    ("after", "options", "written"),
    [
        (0, (), "epoch 1, as far as it came"),
        (1, (), "epoch 1, the best; nothing of epoch 2 is in it"),
        (0, ("--validation", 0), "epoch 1, as far as it came"),
        (1, ("--validation", 0), "epoch 2, as far as it came"),
    ],
)
def test_an_interrupt_keeps_what_it_says(call, here, monkeypatch, after, options, written):
    fit = command.fit

    def interrupted(*args, **kwargs):
        def callback(epoch, model):
            if epoch.number == after:
                raise KeyboardInterrupt

        def loss(outputs, targets):
            steps.append(0)
            if after == 0 and len(steps) == 2:
                raise KeyboardInterrupt
            return train.cross_entropy(outputs, targets)

        steps = []
        watching = [*kwargs.pop("callbacks"), callback]
        return fit(*args, **kwargs, callbacks=watching, loss=loss)

    monkeypatch.setattr(command, "fit", interrupted)
    code, out, _ = call("train", "drawn", *QUICK, "-o", "w.npz", *options)
    assert code == 130
    assert f"Interrupted in epoch {after + 1}, after " in out
    assert "is kept" not in out
    assert f"  written: {written}\n" in out
    assert Classifier.load("w.npz").name == "small"


@pytest.mark.parametrize(("batch_size", "epochs_done"), [(32, 1), (1, 0)])
def test_a_run_that_diverges_is_a_failure(call, here, batch_size, epochs_done):
    options = ("--size", 16, "--optimizer", "sgd", "--batch-size", batch_size)
    options += ("--network", "medium", "--learning-rate", 1e6)
    code, out, err = call("train", "drawn", *options, "-o", "w.npz")
    assert code == 1
    assert f"The model is that of epoch {epochs_done}. Try a smaller learning_rate" in out
    assert (here / "w.npz").exists() == (epochs_done > 0)
    assert ("nothing written" in err) == (epochs_done == 0)


def test_a_progress_line_on_a_terminal_only(call, here, monkeypatch):
    monkeypatch.setattr("minicnn.train.progress.is_terminal", lambda stream: True)
    _, out, err = call("train", "drawn", *QUICK, "-o", "w.npz")
    assert err.count("\n") == 2
    assert "\repoch 2: loss" in err
    assert "\r" not in out


@pytest.mark.parametrize(
    ("code", "argv", "message"),
    [
        (2, ["shapes"], "required: -o"),
        (2, ["nothing", "-o", "w.npz"], "neither a folder nor a data set: shapes, digits, mnist"),
        (2, ["drawn/cross/0.png", "-o", "w.npz"], "neither a folder"),
        (2, ["shapes", "-o", "w.pt"], "its suffix must be .npz or .safetensors"),
        (2, ["digits", "-o", "w.npz", "--size", "9"], "for folders of pictures, not for digits"),
        (2, ["drawn/", "-o", "w.npz", "--size", "big"], "'big' does not fit"),
        (2, ["drawn/", "-o", "w.npz", "--epochs", "0"], "write 64, or any other .* above 0"),
        (2, ["drawn/", "-o", "w.npz", "--validation", ".999"], "60 examples leaves none to learn"),
        (2, ["drawn/", "-o", "w.npz", "--validation", ".001"], "leaves none to try it on"),
        (2, ["drawn/", "-o", "w.npz", "--checkpoint", "./w.npz"], "w.npz: give it two names"),
        (1, ["alone/", "-o", "w.npz"], "'alone/' holds one folder of pictures, 'cross'"),
        (1, [".", "-o", "w.npz"], "are they the classes. Then give 'alone'"),
        (2, ["drawn/", "-o", "w.npz", "--validation", "1"], "is no share"),
        (2, ["drawn/", "-o", "w.npz", "--learning-rate", "0"], "is no learning rate"),
        (2, ["drawn/", "-o", "w.npz", "--learning-rate", "1e9"], "above 0 and up to 1e6"),
        (2, ["drawn/", "-o", "w.npz", "--seed", "-1"], "does not fit|expected one argument"),
        (2, ["drawn/", "-o", "w.npz", "--network", "resnet"], "invalid choice"),
        (2, ["drawn/", "-o", "w.npz", "--validation", "0", "--patience", "1"], "--patience needs"),
        (2, ["drawn/", "-o", "w.npz", "--checkpoint", "run.pt"], "must be an .npz file"),
        (1, ["drawn/", "-o", "there.npz"], "exists already.*--force"),
        (1, ["drawn/", "-o", "none/w.npz"], "there is no folder"),
        (1, ["drawn/cross", "-o", "w.npz"], "holds no folders"),
        (1, ["drawn/", "-o", "w.npz", "--size", "3"], "too small for this network"),
        (1, ["broken/", "-o", "w.npz"], "0.png"),
    ],
)
def test_refusals(call, here, code, argv, message):
    (here / "there.npz").write_bytes(b"there")
    shutil.copytree(here / "drawn" / "cross", here / "alone" / "cross")
    (here / "broken" / "a").mkdir(parents=True)
    (here / "broken" / "a" / "0.png").write_bytes(b"broken")
    found, out, err = call("train", *argv)
    assert (found, out) == (code, "")
    assert re.search(message, err), err
    assert err.count("\n") == 1
    assert (here / "there.npz").read_bytes() == b"there"
    assert not (here / "w.npz").exists()


@pytest.fixture
def taught(here):
    Classifier.new("small", 1, (16, 16), ("dark", "bright"), rng=0).save(here / "w.npz")
    return here / "w.npz"


def test_predict_goes_on_past_bad_pictures(call, here, taught):
    (here / "broken.png").write_bytes(b"broken")
    (here / "empty").mkdir()
    picture = next((here / "drawn" / "cross").iterdir())
    code, out, err = call("predict", "broken.png", picture, "none.png", "empty", "-w", taught)
    assert code == 1
    assert len(out.splitlines()) == 1
    assert "3 of 4 pictures failed:" in err
    for name in ("broken.png", "none.png", "empty"):
        assert name in err
    code, out, err = call("predict", "none.png", "-w", taught)
    assert (code, out, err.count("\n")) == (1, "", 1)


def test_predict_tells_pictures_of_one_name_apart(call, here, taught):
    for folder in ("a", "b"):
        shutil.copytree(here / "drawn" / "cross", here / folder)
    names = sorted(path.name for path in (here / "a").iterdir())
    (here / "b" / names[0]).rename(here / "b" / "other.png")
    _, out, _ = call("predict", "a", "b", "-w", taught)
    said = [line.split(": ")[0] for line in out.splitlines()]
    both = [f"{folder}/{name}" for folder in ("a", "b") for name in names[1:]]
    assert sorted(said) == sorted([*both, names[0], "other.png"])


def test_predict_speaks_of_shares_as_figures_do(call, here):
    reader = Classifier.new("small", 1, (16, 16), ("dark", "bright"), rng=0)
    name, bias = next((n, v) for n, v in reader.model.params.items() if v.shape == (2,))
    sure = reader.model.with_params({**reader.model.params, name: bias + np.float32([0, 9])})
    Classifier("small", sure, 1, (16, 16), reader.classes).save("w.npz")
    picture = next((here / "drawn" / "cross").iterdir())
    _, out, _ = call("predict", picture, "-w", "w.npz", "--top", 99)
    assert out == f"{picture.name}: bright >99 %, dark <0.1 %\n"


def test_predict_of_an_inverted_picture(call, here, taught):
    picture = next((here / "drawn" / "cross").iterdir())
    Image.eval(Image.open(picture), lambda v: 255 - v).save(here / "negative.png")
    _, straight, _ = call("predict", picture, "-w", taught)
    _, inverted, _ = call("predict", "negative.png", "--invert", "-w", taught)
    assert straight.split(": ")[1] == inverted.split(": ")[1]


def test_predict_refuses_what_is_no_taught_network(call, here, taught):
    weights.save({"a": np.ones(1)}, here / "plain.npz")
    (here / "broken.npz").write_bytes(b"broken")
    picture = next((here / "drawn" / "cross").iterdir())
    for name, code, message in [
        ("plain.npz", 1, "does not say which network"),
        ("broken.npz", 1, "cut off, or no zip"),
        ("none.npz", 1, "no such file"),
        ("w.txt", 2, "no file of weights"),
    ]:
        found, out, err = call("predict", picture, "-w", name)
        assert (found, out, err.count("\n")) == (code, "", 1)
        assert message in err


def test_maps_of_what_it_learnt(call, here, taught):
    picture = next((here / "drawn" / "cross").iterdir())
    code, out, _ = call("maps", picture, "--weights", taught, "-o", "first.png")
    assert (code, out) == (0, "first.png: 8 maps of 16 x 16\n")
    code, out, _ = call("maps", picture, "-w", taught, "-o", "all.png", "--pipeline")
    assert (code, out.splitlines()[0]) == (0, "all.png: 16 maps of 4 x 4")
    assert re.fullmatch(
        r"  its answer: (dark|bright); linear: 0 dark, 1 bright", out.splitlines()[1]
    )
    with Image.open(here / "all.png") as storyboard, Image.open(here / "first.png") as sheet:
        assert storyboard.height > 2 * sheet.height
    code, out, _ = call("maps", picture, "-w", taught, "--each", "each", "--each-format", "npy")
    assert code == 0
    maps = np.stack([np.load(here / "each" / f"{i:02}-learnt_{i}.npy") for i in range(8)])
    network = Classifier.load(taught)
    from minicnn import images

    x = images.resize(images.load(picture), (16, 16))
    assert (maps == network.model[:2](x)[0]).all()


def test_a_storyboard_of_what_it_learnt_goes_to_the_answer(call, here, taught, monkeypatch):
    from minicnn import viz

    def plot(trace, **options):
        drawn.append(trace)
        return pipeline(trace, **options)

    drawn, pipeline = [], viz.plot_pipeline
    monkeypatch.setattr(viz, "plot_pipeline", plot)
    picture = next((here / "drawn" / "cross").iterdir())
    options = ("--pipeline", "-o", "a.png", "--each", "e", "--each-format", "npy")
    code, _, err = call("maps", picture, "-w", taught, *options)
    assert (code, err) == (0, "")
    model = Classifier.load(taught).model
    assert drawn[0].names == tuple(node.name for node in model.plan())
    assert drawn[0].output.shape == (1, 2)
    assert len(list((here / "e").glob("*.npy"))) == 16  # the last maps


def test_steps_keep_the_networks_names_and_grey_becomes_colour():
    reader = Classifier.new("resnet8", 3, (12, 12), ("dark", "bright"), rng=0)
    net, x = learnt.seeing(reader, np.zeros((1, 1, 20, 20), np.float32), every=True)
    names = [node.name for node in net.plan()]
    assert names == [node.name for node in reader.model.plan()]
    assert net.trace(x).names == tuple(names)


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (["-k", "sobel"], "--kernels"),
        (["--stride", "2"], "--stride"),
        (["--mode", "zeros", "--no-relu"], "--mode, --no-relu"),
        (["--colour", "summed"], "--colour"),
    ],
)
def test_maps_of_a_network_and_of_kernels_do_not_mix(call, here, taught, options, named):
    picture = next((here / "drawn" / "cross").iterdir())
    code, _, err = call("maps", picture, "-w", taught, "-o", "m.png", *options)
    assert code == 2
    assert f"leave out {named}" in err


def test_errors_speak_of_options():
    text = "x.\n  Give fit the same arguments, or another checkpoint=."
    from minicnn.errors import ConfigError

    said = console.one_line(ConfigError(text))
    assert said == "x. Give the same options, or another --checkpoint."
