"""The tree of errors, as its docstring draws it."""

import inspect

import pytest

from minicnn import errors

TREE = {
    "ShapeError": ValueError,
    "DTypeError": TypeError,
    "ConfigError": ValueError,
    "ImageError": ValueError,
    "DataError": ValueError,
    "WeightsError": ValueError,
    "UnsupportedError": ValueError,
    "OutputError": OSError,
    "LimitError": MemoryError,
}


def test_the_tree_is_whole():
    classes = {
        name
        for name, value in vars(errors).items()
        if inspect.isclass(value) and issubclass(value, Exception)
    }
    assert classes == {"MiniCNNError", *TREE}
    assert all(name in errors.__doc__ for name in classes)


@pytest.mark.parametrize("name", TREE)
def test_each_is_ours_and_the_builtin_one(name):
    error = getattr(errors, name)("what, and what to do")
    assert isinstance(error, errors.MiniCNNError)
    assert isinstance(error, TREE[name])
    assert str(error) == "what, and what to do"


@pytest.mark.parametrize("name", TREE)
def test_context_is_appended(name):
    error = getattr(errors, name)("what")
    assert error.add_context("In step 1.") is error
    assert str(error) == "what\n  In step 1."


@pytest.mark.parametrize("value", ["mirror", None, 3, ["zeros"]])
def test_one_of_lists_the_choices(value):
    with pytest.raises(errors.ConfigError, match=r"mode must be one of 'zeros', 'reflect', got "):
        errors.one_of("mode", value, ("zeros", "reflect"))
