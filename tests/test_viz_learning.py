"""Learning as an animation and as a filmstrip: one scale for all moments, and all that is said."""

import numpy as np
import pytest
from learnt import drawn, film_of
from matplotlib.image import AxesImage

from minicnn import explain, images, viz
from minicnn.errors import ConfigError
from minicnn.viz._learning_page import layout_of, loss_points, losses_of
from minicnn.viz._learning_scene import Scene
from minicnn.viz.learning_filmstrip import spaced

DISC = images.disc(12)


def lapse_of(moments=3, outputs=2, step=None, x=DISC, channels=1, **options):
    film = film_of(drawn(moments, outputs, channels), **options)
    return explain.time_lapse(film, x, step)


def strip(lapse, **options):
    return viz.plot_learning_filmstrip(lapse, figure=viz.new_figure(), **options)


def texts(figure):
    return [text.get_text() for text in figure.axes[0].texts]


def pictures(figure):
    return [one for one in figure.axes[0].images if isinstance(one, AxesImage)]


def test_the_filmstrip_draws_every_kernel_and_map_on_two_scales():
    lapse = lapse_of()
    _, *drawn_ones = pictures(strip(lapse))
    assert len(drawn_ones) == 3 * 2 * 2
    kernels, maps = drawn_ones[::2], drawn_ones[1::2]
    assert len({id(one.norm) for one in kernels}) == len({id(one.norm) for one in maps}) == 1
    assert kernels[0].norm.halfrange == np.abs(lapse.kernels).max()
    assert maps[0].norm.halfrange == np.abs(lapse.maps).max()
    order = [(moment, channel) for moment in range(3) for channel in range(2)]
    for (moment, channel), kernel, one in zip(order, kernels, maps, strict=True):
        np.testing.assert_array_equal(kernel.get_array(), lapse.kernels[moment, channel, 0])
        np.testing.assert_array_equal(one.get_array(), lapse.maps[moment, channel])


def test_the_filmstrip_says_when_how_good_and_on_which_scale():
    found = texts(strip(lapse_of(tried=True)))
    for text in (
        "One scale for both kernels at all 3 moments.",
        "One scale for both maps at all 3 moments.",
        *("epoch 0", "before it learnt", "epoch 1", "val. loss 1.10", "val. loss 0.600"),
        *("accuracy 0.500", "channel 0", "channel 1", "before", "after epoch 2"),
    ):
        assert text in found


def test_ranges_of_kernels_and_maps_are_true():
    lapse = lapse_of(moments=2, outputs=1)
    found = texts(strip(lapse))
    for values in (*lapse.kernels, *lapse.maps):
        low, high = (
            f"{v:.3g}".replace("-", "\N{MINUS SIGN}") for v in (values.min(), values.max())
        )
        assert f"{low} to {high}" in found


def test_the_x_ray_before_and_after():
    lapse = lapse_of()
    found = " ".join(texts(strip(lapse))).replace("\N{MINUS SIGN}", "-")
    assert lapse.change(0).words[1].split(",")[0] in found
    assert "after epoch" not in " ".join(texts(strip(lapse, told=0)))


def test_moments_are_chosen_early_and_late():
    for count in range(1, 60):
        found = spaced(count, 6)
        assert found == sorted(set(found))
        assert (found[0], found[-1], len(found)) == (0, count - 1, min(count, 6))


def test_the_best_epoch_is_among_those_drawn_and_is_told():
    losses = [0.3, 0.25, 0.21, 0.2, 0.153, 0.17]
    film = lapse_of(moments=7, losses=losses, tried=True)
    assert film.best == 5
    found = texts(strip(film))
    shown = [text for text in found if text.startswith("epoch ")]
    assert shown == [f"epoch {n}" for n in (0, 1, 2, 3, 5, 6)]
    assert found[found.index("epoch 5") + 1] == "the best"
    assert found.count("the best") == 1
    assert lapse_of(moments=3, losses=[0.3, np.nan], tried=True).best == 1
    assert lapse_of(moments=3, losses=[0.3, 0.2]).best is None  # nothing was tried


def test_chosen_epochs():
    lapse = lapse_of(moments=9)
    found = texts(strip(lapse, epochs=[0, 8]))
    assert [text for text in found if text.startswith("epoch ")] == ["epoch 0", "epoch 8"]
    assert "2 of 9 moments shown." in found
    for epochs, message in (
        ([9], "epoch 9 was not kept; there are 0 to 8"),
        ([], "a list of 1 to 6"),
        (range(7), "a list of 1 to 6"),
        (3, "a list of 1 to 6"),
    ):
        with pytest.raises(ConfigError, match=message):
            strip(lapse, epochs=epochs)


@pytest.mark.parametrize(("moments", "outputs"), [(1, 1), (41, 1), (2, 64)])
def test_one_and_many(moments, outputs):
    lapse = lapse_of(moments, outputs)
    figure = strip(lapse)
    assert len(pictures(figure)) == 1 + 2 * min(moments, 6) * min(outputs, 6)
    assert ("6 of 64 shown" in " ".join(texts(figure))) == (outputs == 64)
    animation = viz.animate_learning(lapse)
    assert len(animation) == moments
    assert animation.frame(-1).size == animation.frame(0).size
    assert 150 <= animation.milliseconds <= 800


def test_nothing_leaves_the_page():
    for outputs, channels, size in ((1, 1, 12), (6, 3, 30), (64, 1, 12)):
        x = np.concatenate([images.disc(size)] * channels, axis=1)
        figure = strip(lapse_of(9, outputs, channels=channels, x=x, tried=True))
        figure.draw_without_rendering()
        page = figure.bbox
        for text in figure.axes[0].texts:
            box = text.get_window_extent()
            assert page.x0 <= box.x0
            assert box.x1 <= page.x1, text.get_text()
            assert page.y0 <= box.y0
            assert box.y1 <= page.y1


def test_dead_flat_and_nan_maps_are_marked():
    weights = drawn(2, 3)
    weights[1][0] = 0
    weights[1][1, 0, 0, 0] = np.nan
    film = film_of(weights, bias=[-1.0, 0, 0], losses=[np.nan])
    lapse = explain.time_lapse(film, DISC, "relu")
    figure = strip(lapse)
    found = texts(figure)
    assert "dead: all 0" in found
    assert "100 NaN" in found
    assert "loss NaN" in found
    from minicnn.viz._style import ALARM

    red = [text.get_text() for text in figure.axes[0].texts if text.get_color() == ALARM]
    assert set(red) == {"dead: all 0", "100 NaN", "1 NaN"}
    frame = np.asarray(viz.animate_learning(lapse).frame(1))
    assert (frame == (0xE5, 0x00, 0x7D)).all(axis=-1).sum() > 1000  # pink: on no scale


def test_a_frame_holds_the_colours_of_its_moment():
    lapse = lapse_of(moments=3, outputs=2)
    animation, scene = viz.animate_learning(lapse, dpi=72), Scene(lapse, 2)
    layout = layout_of(scene, None)
    for moment in range(3):
        frame = np.asarray(animation.frame(moment))
        for channel in range(2):
            x, y, width, height = layout.map_box(channel)
            expected = viz.render_map(lapse.maps[moment, channel], scene.map_scale)
            rows, columns = expected.shape[:2]
            for i, j in ((1, 1), (rows // 2, columns // 2), (rows - 2, columns - 2)):
                row, column = y + (i + 0.5) * height / rows, x + (j + 0.5) * width / columns
                assert frame[int(row), int(column)].tolist() == expected[i, j].tolist()
            x, y = layout.kernel_corner(channel)
            kernel = viz.render_map(lapse.kernels[moment, channel, 0], scene.kernel_scale)
            middle = int(y + 1.5 * layout.cell), int(x + 1.5 * layout.cell)
            assert frame[middle].tolist() == kernel[1, 1].tolist()


def test_the_scales_are_those_of_all_moments_and_of_all_maps():
    weights = drawn(4, 3)
    weights[1][2] *= 9  # the largest: in the midst, and not drawn
    lapse = explain.time_lapse(film_of(weights), DISC)
    scene = Scene(lapse, 1)
    assert scene.kernel_scale.high == np.abs(lapse.kernels[1, 2]).max()
    assert scene.map_scale.high == np.abs(lapse.maps[1, 2]).max()


def test_the_losses_below():
    scene = Scene(lapse_of(moments=4, losses=[0.5, np.inf, 0.25], tried=True), 1)
    assert losses_of(scene) == {1: 0.6, 3: 0.35}
    (_, top), (_, lower) = loss_points(scene, (0.0, 100.0, 200.0, 40.0))
    assert top == 100.0
    assert lower == pytest.approx(100 + 40 * (1 - 0.35 / 0.6))


def test_the_channels_of_a_kernel():
    x = np.concatenate([DISC] * 3, axis=1)
    lapse = lapse_of(2, 2, channels=3, x=x)
    assert len(pictures(strip(lapse))) == 1 + 2 * 2 * (3 + 1)
    assert Scene(lapse, 2).channel_note.endswith("all 3 are drawn.")
    same = [np.repeat(weight, 3, axis=1) for weight in drawn(2, 2)]
    lapse = explain.time_lapse(film_of(same), x)
    assert len(pictures(strip(lapse))) == 1 + 2 * 2 * 2
    assert Scene(lapse, 2).channel_note == "Each kernel is the same for each of its 3 channels."


def test_a_gif_is_written_whole(tmp_path):
    animation = viz.animate_learning(lapse_of(), dpi=50)
    path = animation.save(tmp_path / "a.gif")
    from PIL import Image

    with Image.open(path) as gif:
        assert gif.n_frames == 3


def test_wrong_calls():
    for function in (viz.animate_learning, viz.plot_learning_filmstrip):
        with pytest.raises(ConfigError, match=r"takes a TimeLapse, got 3.*\n.*explain\.time_lapse"):
            function(3)
        with pytest.raises(ConfigError, match="max_maps"):
            function(lapse_of(), max_maps=0)
        with pytest.raises(ConfigError, match="title"):
            function(lapse_of(), title=3)
