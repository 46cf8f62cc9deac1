"""Weights in files: what is written is read back, and nothing else gets through."""

import io
import struct
import warnings
import zipfile
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from laws import same_bits

from minicnn import Conv2D, ReLU, Sequential, weights
from minicnn.errors import (
    ConfigError,
    DTypeError,
    LimitError,
    OutputError,
    UnsupportedError,
    WeightsError,
)
from minicnn.weights import npz_file
from minicnn.weights.loading import SHOWN

try:
    import safetensors.numpy

    SUFFIXES = [".npz", ".safetensors"]
except ImportError:
    SUFFIXES = [".npz"]
every_suffix = pytest.mark.parametrize("suffix", SUFFIXES)
with_safetensors = pytest.mark.skipif(len(SUFFIXES) == 1, reason="needs safetensors")


def net(seed=None):
    return Sequential(
        Conv2D(1, 2, (3, 2), rng=seed), ReLU(), ("last", Conv2D(2, 3, 1, bias=False, rng=seed))
    )


def wide(model, dtype):
    """Return the model with parameters of another type, set by hand."""
    for layer in (model[0], model["last"]):
        layer.weight = layer.weight.astype(dtype)
    return model


def same_params(one, other):
    assert one.params.keys() == other.params.keys()
    for key, array in one.params.items():
        same_bits(other.params[key], array)


def hold(path, data):
    path.write_bytes(data)
    return path


# --- in and out ----------------------------------------------------------------------------


@every_suffix
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_there_and_back(tmp_path, suffix, dtype):
    model, other = wide(net(0), dtype), wide(net(1), dtype)
    path = weights.save(model, tmp_path / f"net{suffix}")
    before = {key: array.copy() for key, array in other.params.items()}
    again = weights.load(other, path)
    same_params(model, again)
    for key, array in before.items():
        same_bits(other.params[key], array)
        assert not np.shares_memory(again.params[key], other.params[key])
    assert weights.read(path).keys() == model.params.keys()


@every_suffix
@given(data=st.data())
def test_any_arrays_under_any_names(suffix, data):
    names = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=9)
    shapes = st.lists(st.integers(0, 3), max_size=5).map(tuple)
    kinds = st.sampled_from(["f2", "f4", "f8", "i1", "i4", "i8", "u1", "u8", "?", ">f4", ">i8"])
    drawn = data.draw(st.dictionaries(names, st.tuples(shapes, kinds, st.booleans()), max_size=4))
    rng = np.random.default_rng(0)
    arrays = {}
    for name, (shape, kind, turned) in drawn.items():
        array = rng.integers(0, 100, shape).astype(kind)
        arrays[name] = array.T if turned else array
    content = weights.encode(arrays, suffix)
    assert content == weights.encode(arrays, suffix)
    found = read_back(content, suffix)
    assert found.keys() == arrays.keys()
    for name, array in arrays.items():
        same_bits(found[name], np.array(array, array.dtype.newbyteorder("="), order="C"))


def read_back(content, suffix):
    form = weights.formats.FORMATS[suffix]
    return {k: e.read() for k, e in form.entries(io.BytesIO(content), len(content)).items()}


def test_numpy_reads_ours_and_we_read_numpys(tmp_path):
    model = net(0)
    path = weights.save(model, tmp_path / "ours.npz")
    with np.load(path) as archive:
        assert set(archive) == model.params.keys()
        for key, array in model.params.items():
            same_bits(archive[key], array)
    for write in (np.savez, np.savez_compressed):
        write(tmp_path / "theirs.npz", **model.params)
        same_params(weights.load(net(1), tmp_path / "theirs.npz"), model)
    turned = {key: np.asfortranarray(array.astype(">f8")) for key, array in model.params.items()}
    np.savez(tmp_path / "turned.npz", **turned)
    same_params(weights.load(net(1), tmp_path / "turned.npz"), model)


@with_safetensors
def test_safetensors_reads_ours_and_we_read_theirs(tmp_path):
    model = net(0)
    path = weights.save(model, tmp_path / "ours.safetensors")
    for key, array in safetensors.numpy.load_file(path).items():
        same_bits(model.params[key], array)
    safetensors.numpy.save_file(model.params, tmp_path / "theirs.safetensors", {"format": "pt"})
    same_params(weights.load(net(1), tmp_path / "theirs.safetensors"), model)


@with_safetensors
def test_bfloat16_is_widened(tmp_path):
    values = np.array([1.0, -2.5, 2.0**-100, 3e38], np.float32)
    upper = (values.view(np.uint32) >> 16).astype(np.uint16)
    header = b'{"a":{"dtype":"BF16","shape":[2,2],"data_offsets":[0,8]}}'
    path = hold(
        tmp_path / "b.safetensors", struct.pack("<Q", len(header)) + header + upper.tobytes()
    )
    found = weights.read(path)["a"]
    same_bits(found, (upper.astype(np.uint32) << 16).view(np.float32).reshape(2, 2))


@every_suffix
def test_texts_about_the_arrays_go_along(tmp_path, suffix):
    said = {"classes": '["0", "\u00fc\u4e2d"]', "model": "lenet5"}
    path = weights.save(net(0), tmp_path / f"said{suffix}", about=said)
    assert weights.about(path) == said
    same_params(weights.load(net(), path), net(0))
    assert weights.read(path).keys() == net(0).params.keys()
    assert weights.about(weights.save(net(0), tmp_path / f"silent{suffix}")) == {}


@every_suffix
@pytest.mark.parametrize("about", [{"a": 1}, {1: "a"}, "text", 3])
def test_what_is_said_must_be_texts(tmp_path, suffix, about):
    with pytest.raises(ConfigError, match="about must map texts to texts"):
        weights.save(net(0), tmp_path / f"said{suffix}", about=about)


def torch_twin():
    torch = pytest.importorskip("torch")
    twin = torch.nn.Sequential(
        torch.nn.Conv2d(1, 2, (3, 2)), torch.nn.ReLU(), torch.nn.Conv2d(2, 3, 1, bias=False)
    )
    ours = Sequential(Conv2D(1, 2, (3, 2), rng=3), ReLU(), Conv2D(2, 3, 1, bias=False, rng=3))
    return torch, twin, ours


def test_a_state_dict_goes_in_and_out():
    torch, twin, ours = torch_twin()
    same = weights.load(ours, twin.state_dict())
    assert list(same.params) == list(twin.state_dict())
    for key, tensor in twin.state_dict().items():
        same_bits(same.params[key], tensor.numpy())
    x = np.random.default_rng(0).random((2, 1, 6, 7), np.float32)
    np.testing.assert_allclose(same(x), twin(torch.from_numpy(x)).detach().numpy(), atol=1e-6)
    twin.load_state_dict({key: torch.from_numpy(array) for key, array in ours.params.items()})
    with pytest.raises(ConfigError, match=r"Give what it has learnt: \.state_dict\(\)\."):
        weights.load(ours, twin)
    same_params(weights.load(same, twin.state_dict()), ours)


def test_torch_reads_ours_and_we_read_torchs(tmp_path):
    _, twin, ours = torch_twin()
    theirs = pytest.importorskip("safetensors.torch")
    path = weights.save(ours, tmp_path / "ours.safetensors")
    twin.load_state_dict(theirs.load_file(path))
    same_params(weights.load(ours, twin.state_dict()), ours)
    theirs.save_file(twin.state_dict(), tmp_path / "theirs.safetensors")
    same_params(weights.load(ours, tmp_path / "theirs.safetensors"), ours)


@pytest.mark.parametrize("kind", ["float16", "bfloat16", "float64"])
def test_a_state_dict_in_another_precision(tmp_path, kind):
    torch, twin, ours = torch_twin()
    state = {key: tensor.to(getattr(torch, kind)) for key, tensor in twin.state_dict().items()}
    same = weights.load(ours, state)
    for key, tensor in state.items():
        same_bits(same.params[key], tensor.float().numpy())
    theirs = pytest.importorskip("safetensors.torch")
    theirs.save_file(state, tmp_path / "theirs.safetensors")
    same_params(weights.load(ours, tmp_path / "theirs.safetensors"), same)


# --- what does not fit ---------------------------------------------------------------------


@every_suffix
def test_all_that_does_not_fit_is_listed_at_once(tmp_path, suffix):
    amiss = dict(net(0).params)
    amiss["0.weight"] = np.ones((2, 1, 2, 3), np.float32)
    amiss["first.weight"] = amiss.pop("last.weight")
    path = weights.save(amiss, tmp_path / f"amiss{suffix}")
    for source in (path, amiss):
        with pytest.raises(WeightsError) as caught:
            weights.load(net(), source)
        text = str(caught.value)
        assert "it does not fit the model: 3 arrays are amiss." in text
        assert "last.weight   is missing" in text
        assert "first.weight  is not in the model; its shape is (3, 2, 1, 1)" in text
        assert "0.weight      has shape (2, 1, 2, 3); in the model (2, 1, 3, 2)" in text


def test_names_with_one_beginning_too_much_are_told_apart():
    model = net(0)
    wrapped = {f"module.{key}": array for key, array in model.params.items()}
    with pytest.raises(WeightsError, match=r"(?s)begin with 'module\.'.*removeprefix"):
        weights.load(model, wrapped)
    mended = {key.removeprefix("module."): array for key, array in wrapped.items()}
    weights.load(model, mended)
    wrapped["module.more"] = np.ones(1)
    with pytest.raises(WeightsError) as caught:
        weights.load(model, wrapped)
    assert "removeprefix" not in str(caught.value)


def test_a_long_list_is_cut():
    many = {f"{n}.weight": np.ones(1) for n in range(3 * SHOWN)}
    with pytest.raises(WeightsError, match=rf"\.\.\. and {2 * SHOWN} more") as caught:
        weights.load(Sequential(), many)
    assert len(str(caught.value).splitlines()) == SHOWN + 2


@every_suffix
@pytest.mark.parametrize("odd", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_is_neither_written_nor_read(tmp_path, suffix, odd):
    model = net(0)
    good = weights.encode(model, suffix)
    model[0].weight[0, 0, 1, 1] = odd
    with pytest.raises(WeightsError, match=r"0\.weight holds NaN or infinite numbers"):
        weights.save(model, tmp_path / f"odd{suffix}")
    bad = weights.formats.FORMATS[suffix].encode(model.params, {})
    assert len(bad) == len(good)
    path = hold(tmp_path / f"odd{suffix}", bad)
    for call in (lambda: weights.load(net(), path), lambda: weights.read(path)):
        with pytest.raises(WeightsError, match=r"0\.weight  holds (1 NaN|0 NaN and 1 infinite)"):
            call()


def test_what_is_too_large_for_the_model(tmp_path):
    arrays = {key: array.astype(np.float64) for key, array in net(0).params.items()}
    arrays["0.bias"][:] = 1e300
    path = weights.save(arrays, tmp_path / "large.npz")
    with pytest.raises(WeightsError, match=r"0\.bias  holds 0 NaN and 2 infinite"):
        weights.load(net(), path)
    assert weights.read(path)["0.bias"][0] == 1e300


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda p: weights.save(net(), p / "a.pt"), UnsupportedError, r"\.npz or \.safetensors.*"),
        (lambda p: weights.load(net(), p / "a.pth"), UnsupportedError, "may run code.*save_file"),
        (lambda p: weights.load(net(), p / "a.npy"), UnsupportedError, "one array without a name"),
        (lambda p: weights.read(p / "noSuffix"), UnsupportedError, "got '.*noSuffix'"),
        (lambda p: weights.load(net(), p / "a.npz"), FileNotFoundError, "a.npz"),
        (lambda p: weights.load(net(), 3), ConfigError, "from a path or a mapping, got 3"),
        (lambda p: weights.load("net", p / "a.npz"), ConfigError, "puts weights into a model"),
        (lambda p: weights.save(net(), 3), ConfigError, "must be a path, got 3"),
        (lambda p: weights.save(3, p / "a.npz"), ConfigError, "a model, or a mapping of arrays"),
        (lambda p: weights.save({"a": [1]}, p / "a.npz"), DTypeError, "must be a NumPy array"),
        (lambda p: weights.save({"a": np.array("x")}, p / "a.npz"), DTypeError, "real numbers"),
        (lambda p: weights.save({1: np.ones(1)}, p / "a.npz"), ConfigError, "must be text, got 1"),
        (lambda p: weights.save({"a\0b": np.ones(1)}, p / "a.npz"), WeightsError, "rename it"),
        (lambda p: weights.load(net(), {"0.bias": "x"}), WeightsError, "0.bias must be an array"),
        (lambda p: weights.load(net(), {0: np.ones(1)}), WeightsError, "must be text, got 0"),
        (lambda p: weights.load(net(), {"a": np.ones(1, complex)}), DTypeError, "real numbers"),
        (lambda p: weights.read(p / "a.npz", max_bytes=0), ConfigError, "max_bytes"),
        (lambda p: weights.encode(net(), ".zip"), UnsupportedError, "npz"),
    ],
)
def test_wrong_calls(tmp_path, call, error, message):
    with pytest.raises(error, match=message):
        call(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_an_existing_file_is_not_replaced_unasked(tmp_path):
    path = weights.save(net(0), tmp_path / "a.npz")
    with pytest.raises(OutputError, match="exists already"):
        weights.save(net(1), path)
    with pytest.raises(OutputError, match="also an input"):
        weights.save(net(1), path, force=True, inputs=[path])
    same_params(weights.load(net(), path), net(0))
    weights.save(net(1), path, force=True)
    same_params(weights.load(net(), path), net(1))


def test_without_the_package(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "safetensors", None)
    with pytest.raises(UnsupportedError, match="pip install safetensors"):
        weights.save(net(), tmp_path / "a.safetensors")
    hold(tmp_path / "a.safetensors", bytes(99))
    with pytest.raises(UnsupportedError, match="pip install safetensors"):
        weights.load(net(), tmp_path / "a.safetensors")


# --- hostile files -------------------------------------------------------------------------


def zipped(members, compression=zipfile.ZIP_STORED):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about names given twice
        for name, data in members:
            archive.writestr(name, data)
    return buffer.getvalue()


def npy(text, data=b"", version=1):
    width = {1: "<H"}.get(version, "<I")
    return b"\x93NUMPY" + bytes([version, 0]) + struct.pack(width, len(text)) + text + data


def described(descr="'<f4'", order="False", shape="(2,)"):
    return f"{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}, }}\n".encode()


HOSTILE = {
    "empty": (b"", "it is empty"),
    "text": (b"weights, please", "cut off, or no zip"),
    "a picture": (b"\x89PNG\r\n\x1a\n" + bytes(99), "cut off, or no zip"),
    "no members' end": (zipped([("a.npy", npy(described(), bytes(8)))])[:-1], "cut off"),
    "a pickle": (zipped([("net/data.pkl", b"\x80\2.")]), "not an array"),
    "objects": (zipped([("a.npy", npy(described("'|O'"), b"\x80\2."))]), "not hold plain numbers"),
    "text numbers": (zipped([("a.npy", npy(described("'<U8'"), bytes(64)))]), "plain numbers"),
    "records": (zipped([("a.npy", npy(described("[('x', '<f4')]"), bytes(8)))]), "plain numbers"),
    "code": (zipped([("a.npy", npy(described("__import__('os')")))]), "plain numbers"),
    "half-bools": (zipped([("a.npy", npy(described("'|b2'"), bytes(4)))]), "none that NumPy has"),
    "33 axes": (zipped([("a.npy", npy(described(shape=f"({'1,' * 33})"), bytes(4)))]), "none that"),
    "no numbers": (zipped([("a.npy", npy(described()))]), "shorter or longer"),
    "more numbers": (zipped([("a.npy", npy(described(), bytes(12)))]), "shorter or longer"),
    "a negative size": (zipped([("a.npy", npy(described(shape="(-2,)")))]), "plain numbers"),
    "a huge size": (zipped([("a.npy", npy(described(shape="(2, 10**9)")))]), "plain numbers"),
    "a large size": (zipped([("a.npy", npy(described(shape=f"({10**17},)")))]), "shorter"),
    "a long header": (zipped([("a.npy", npy(described() + b" " * 20_000, bytes(8)))]), "header of"),
    "a version of its own": (zipped([("a.npy", npy(described(), bytes(8), 9))]), "not an array"),
    "no magic": (zipped([("a.npy", b"\x93NUM")]), "not an array"),
    "twice": (zipped([("a.npy", npy(described(), bytes(8)))] * 2), "two members called 'a'"),
    "packed oddly": (
        zipped([("a.npy", npy(described(), bytes(8)))], zipfile.ZIP_BZIP2),
        "packed oddly",
    ),
    "a comment": (
        zipped([("a.npy", npy(described(), bytes(8)))])[:-2] + b"\1\0x",
        "cut off, or no zip",
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_npz(tmp_path, name):
    data, message = HOSTILE[name]
    path = hold(tmp_path / "a.npz", data)
    for call in (lambda: weights.load(net(), path), lambda: weights.read(path)):
        with pytest.raises(WeightsError, match=message) as caught:
            call()
        assert str(caught.value).startswith(repr(str(path)))


@pytest.mark.parametrize(
    "members",
    [
        [("about.json", b"[]")],
        [("about.json", b'{"a": 1}')],
        [("about.json", b"{oops")],
        [("about.json", b"{}")] * 2,
        [("about.json", b"[" * 100_000)],
        [("about.json", b'{"a": "' + bytes(1 << 20) + b'"}')],
    ],
)
def test_hostile_texts(tmp_path, members):
    path = hold(tmp_path / "a.npz", zipped(members))
    with pytest.raises(WeightsError):
        weights.about(path)
    assert weights.read(path) == {}


SAFE_HOSTILE = {
    "empty": (b"", "it is empty"),
    "short": (bytes(7), "cut off"),
    "header beyond the end": (struct.pack("<Q", 99) + b"{}", "cut off"),
    "large header": (struct.pack("<Q", 2**21) + b" " * 2**21, "header has"),
    "no JSON": (struct.pack("<Q", 4) + b"oops", "broken"),
    "deep": (struct.pack("<Q", 200_000) + b"[" * 200_000, "broken"),
    "a list": (struct.pack("<Q", 2) + b"[]", "names no arrays"),
    "a name twice": (struct.pack("<Q", 15) + b'{"a": 1,"a": 2}', "name twice"),
}


@with_safetensors
@pytest.mark.parametrize("name", SAFE_HOSTILE)
def test_hostile_safetensors(tmp_path, name):
    data, message = SAFE_HOSTILE[name]
    path = hold(tmp_path / "a.safetensors", data)
    for call in (lambda: weights.load(net(), path), lambda: weights.read(path)):
        with pytest.raises(WeightsError, match=message):
            call()


@with_safetensors
@pytest.mark.parametrize(
    ("about", "message"),
    [
        ("3", "plain numbers"),
        ('{"dtype":"F4","shape":[2],"data_offsets":[0,8]}', "plain numbers: 'F4'"),
        ('{"dtype":["F32"],"shape":[2],"data_offsets":[0,8]}', "plain numbers"),
        ('{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}', "no proper shape"),
        ('{"dtype":"F32","shape":[2.0],"data_offsets":[0,8]}', "no proper shape"),
        ('{"dtype":"F32","shape":[true],"data_offsets":[0,8]}', "no proper shape"),
        ('{"dtype":"F32","shape":2,"data_offsets":[0,8]}', "no proper shape"),
        ('{"dtype":"F32","shape":[3],"data_offsets":[0,12]}', "shorter or longer"),
        ('{"dtype":"F32","shape":[2],"data_offsets":[8,16]}', "broken"),
        ('{"dtype":"F32","shape":[2],"data_offsets":[8,0]}', "broken"),
        ('{"dtype":"F32","shape":[2]}', "broken"),
    ],
)
def test_hostile_safetensors_headers(tmp_path, about, message):
    header = f'{{"a":{about}}}'.encode()
    path = hold(tmp_path / "a.safetensors", struct.pack("<Q", len(header)) + header + bytes(8))
    with pytest.raises(WeightsError, match=message):
        weights.read(path)


def test_a_bomb_is_never_unpacked(tmp_path):
    """Sixty kilobytes that would unpack to 64 megabytes, under a name that is expected."""
    count = 1 << 24
    deflate = zlib.compressobj(wbits=-15)
    body = npy(described(shape=f"({count},)"))
    crc = zlib.crc32(body)
    packed = deflate.compress(body)
    block = bytes(1 << 20)
    for _ in range(count * 4 // len(block)):
        packed += deflate.compress(block)
        crc = zlib.crc32(block, crc)
    packed += deflate.flush()
    path = hold(
        tmp_path / "bomb.npz", one_member(b"0.weight.npy", packed, len(body) + 4 * count, crc)
    )
    with pytest.raises(WeightsError, match=rf"0\.weight\s+has shape \({count},\)"):
        weights.load(net(), path)
    with pytest.raises(LimitError, match=r"arrays take 64\.0 MiB, more than max_bytes = 9\.5"):
        weights.read(path, max_bytes=10_000_000)


def one_member(name, packed, size, crc):
    """Return a zip of one deflated member, whatever is said of it."""
    about = struct.pack("<5H3L2H", 20, 0, 8, 0, 33, crc, len(packed), size, len(name), 0)
    local = b"PK\3\4" + about + name
    central = b"PK\1\2" + struct.pack("<H", 20) + about + struct.pack("<3H2L", 0, 0, 0, 0, 0) + name
    start = len(local) + len(packed)
    end = b"PK\5\6" + struct.pack("<4H2LH", 0, 0, 1, 1, len(central), start, 0)
    return local + packed + central + end


def test_a_member_that_unpacks_to_less_or_to_other_numbers(tmp_path):
    body = npy(described(), bytes(range(8)))
    deflate = zlib.compressobj(wbits=-15)
    packed = deflate.compress(body) + deflate.flush()
    for size, crc, message in [
        (len(body), zlib.crc32(body), None),
        (len(body), zlib.crc32(body) ^ 1, "broken: Bad CRC-32"),
        (len(body) + 8, zlib.crc32(body), "shorter or longer"),
    ]:
        path = hold(tmp_path / "a.npz", one_member(b"a.npy", packed, size, crc))
        if message is None:
            same_bits(weights.read(path)["a"], np.frombuffer(bytes(range(8)), np.float32))
        else:
            with pytest.raises(WeightsError, match=message):
                weights.read(path)


def test_a_table_of_contents_without_end(tmp_path):
    central = bytes(npz_file.MAX_DIRECTORY + 1)
    end = b"PK\5\6" + struct.pack("<4H2LH", 0, 0, 1, 1, len(central), 0, 0)
    path = hold(tmp_path / "a.npz", central + end)
    with pytest.raises(WeightsError, match="table of contents has"):
        weights.read(path)


def test_what_is_no_file(tmp_path):
    with pytest.raises(WeightsError, match="is a folder: give the name of a weights file in it"):
        weights.load(net(), (tmp_path / "folder.npz", (tmp_path / "folder.npz").mkdir())[0])
    with pytest.raises(WeightsError, match=r"cannot be read: embedded null"):
        weights.load(net(), "a\0.npz")


def test_a_file_much_larger_than_the_model_is_not_opened(tmp_path):
    with open(tmp_path / "large.npz", "wb") as file:
        file.truncate(1 << 25)
    with pytest.raises(WeightsError, match="33,554,432 bytes, more than"):
        weights.load(net(), tmp_path / "large.npz")


GOOD = {suffix: weights.encode(net(0), suffix, {"a": "text"}) for suffix in SUFFIXES}


@every_suffix
@settings(max_examples=600)
@given(data=st.data())
def test_any_bytes_changed_raise_only_our_errors(tmp_path_factory, suffix, data):
    content = bytearray(GOOD[suffix])
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(content) - 1))
        how = data.draw(st.sampled_from(["set", "flip", "cut", "repeat", "number"]))
        if how == "set":
            content[at] = data.draw(st.integers(0, 255))
        elif how == "flip":
            content[at] ^= 1 << data.draw(st.integers(0, 7))
        elif how == "cut":
            del content[at : at + data.draw(st.integers(1, 9))]
        elif how == "repeat":
            content[at:at] = content[at : at + data.draw(st.integers(1, 40))]
        else:
            number = data.draw(st.sampled_from([0, 1, 2**16 - 1, 2**31, 2**32 - 1]))
            content[at : at + 4] = number.to_bytes(4, "little")
        content = content or bytearray(b"x")
    path = tmp_path_factory.getbasetemp() / f"fuzzed{suffix}"
    path.write_bytes(content)
    for call in (weights.read, weights.about, lambda path: weights.load(net(1), path)):
        try:
            found = call(path)
        except (WeightsError, LimitError):
            continue
        arrays = found if isinstance(found, dict) else found.params
        assert call is weights.about or all(np.isfinite(a).all() for a in arrays.values())
