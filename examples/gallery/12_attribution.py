"""Which pixels does an answer rest on? Seven ways to ask, and whether to trust what they say."""

import sys
from pathlib import Path

from minicnn import explain, models, train, viz
from minicnn.files import write_whole

folder = Path(sys.argv[1] if len(sys.argv) > 1 else ".")
folder.mkdir(parents=True, exist_ok=True)


def save(figure, name):
    """Write one picture, replacing the one of an earlier run."""
    write_whole(folder / name, viz.figure_bytes(figure), force=True)


def blank():
    """Return an empty figure."""
    return viz.new_figure()


# Teach a small network circles, squares, triangles, crosses and stripes: a few seconds.
shapes, others = (train.drawn_shapes(n, noise=0.05, rng=seed) for n, seed in ((1000, 0), (300, 1)))
learnt = train.fit(
    models.medium(1, 24, 5, rng=0), shapes, epochs=6, optimizer=train.Adam(0.003), rng=0
)
net = learnt.model
scores = net(others.x)
right = scores.argmax(axis=1) == others.targets
print(f"{100 * right.mean():.0f} % of {len(others)} new pictures are named rightly")

# Five methods, one question: what speaks for the answer, in the cross that it is surest of?
behind = round(float(shapes.x[:, :, 0, 0].mean()), 2)  # what is nothing, in these pictures
methods = {
    "occlusion": lambda m, x, t: explain.occlusion(m, x, t, size=4, stride=2, fill=behind),
    "saliency": explain.saliency,
    "gradient x input": explain.gradient_times_input,
    "integrated": lambda m, x, t: explain.integrated_gradients(m, x, t, baseline=behind),
    "Grad-CAM": explain.grad_cam,
}
cross = others.classes.index("cross")
margin = scores[:, cross] - scores.max(axis=1, where=[c != cross for c in range(5)], initial=-99)
surest = others.x[[margin.argmax()]]
found = [method(net, surest, cross) for method in methods.values()]
print(*found, sep="\n")
save(viz.plot_attribution(*found, title="Why a cross?", figure=blank()), "12_attribution.png")

# A mistake, the one where the wrong answer is furthest ahead: what speaks for it and not for the
# right one?
lead = scores.max(axis=1) - scores[range(len(others)), others.targets]
wrong = int(lead.argmax())
said, truth = int(scores[wrong].argmax()), int(others.targets[wrong])
choice = explain.rather_than(net, said, truth)
found = [method(choice, others.x[[wrong]], 0) for method in methods.values()]
title = f"Why {others.classes[said]}, and not {others.classes[truth]}, as it should be?"
save(viz.plot_attribution(*found, title=title, figure=blank()), "12_attribution_mistake.png")

# What a channel of the second convolution finds in other pictures, and what each class likes.
seeing, channel = net[:5], 5
patches = explain.exciting_patches(seeing, others.x, "relu_2", channel)
made = [explain.maximise(net, c, surest.shape, steps=60) for c in range(5)]
print(patches, *made, sep="\n")
save(viz.plot_patches(patches, figure=blank()), "12_exciting_patches.png")
save(viz.plot_excited(*made, names=others.classes, figure=blank()), "12_made_pictures.png")

# Is it the network that they tell us of? Shuffle what it learnt, and ask again.
# Shuffled, its last maps are often all 0, and then Grad-CAM's are: more shuffles, to be compared.
checks = [
    explain.trust(net, surest, cross, method=method, times=9 if name == "Grad-CAM" else 3)
    for name, method in methods.items()
]
for method, model, x, what, times in (
    (lambda m, x, t: explain.maximise(m, t, x.shape, steps=30), net, surest, cross, 1),
    (lambda m, x, t: explain.exciting_patches(m, x, "relu_2", t), seeing, others.x, channel, 3),
):
    checks.append(explain.trust(model, x, what, method=method, times=times))
print(*checks, sep="\n")
save(viz.plot_trust(*checks, figure=blank()), "12_trust.png")
