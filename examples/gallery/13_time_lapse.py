"""The time-lapse: kernels as they are learnt, and what they make of one picture, every epoch."""

import sys
from pathlib import Path

from minicnn import explain, models, train, viz
from minicnn.files import write_whole

folder = Path(sys.argv[1] if len(sys.argv) > 1 else ".")
folder.mkdir(parents=True, exist_ok=True)


def draw(figure, name):
    """Write one picture, replacing the one of an earlier run."""
    write_whole(folder / name, viz.figure_bytes(figure), force=True)


# Shapes drawn by code, so that nothing is needed; a callback keeps every epoch's network.
learnt, tried = train.drawn_shapes(1200, rng=0).split(1000, rng=0)
model = models.medium(rng=0)
film = train.Snapshots(model)
run = train.fit(
    model, learnt, validation=tried, epochs=8, optimizer=train.Adam(0.005), rng=0, callbacks=[film]
)

# The first convolution: moving, in stills, and in words.
lapse = explain.time_lapse(film, tried.x[:1])
print(lapse)
viz.animate_learning(lapse).save(folder / "13_time_lapse.gif", force=True)
draw(viz.plot_learning_filmstrip(lapse, figure=viz.new_figure()), "13_filmstrip.png")

# The second one, behind its ReLU: each kernel has a part for each of the maps that it sees.
lapse = explain.time_lapse(film, tried.x[:1], "relu_2")
viz.animate_learning(lapse).save(folder / "13_second_layer.gif", force=True)

# How the run went, what is taken for what, and the pictures that it is most wrong about.
print(f"\n{explain.confusion(run.model, tried)}\n\n{explain.worst_mistakes(run.model, tried)}")
draw(viz.plot_learning_curves(run, figure=viz.new_figure()), "13_curves.png")
confusion = explain.confusion(run.model, tried)
draw(viz.plot_confusion(confusion, figure=viz.new_figure()), "13_confusion.png")
mistakes = explain.worst_mistakes(run.model, tried)
draw(viz.plot_mistakes(mistakes, figure=viz.new_figure()), "13_mistakes.png")
