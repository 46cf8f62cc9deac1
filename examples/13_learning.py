"""A network learns to read: watch its kernels appear, ask why it was wrong, follow one weight."""

import numpy as np
from _book import SOFT, TIMES, Sheet, arguments, cells, examples, save

from minicnn import explain, models, train, viz

args = arguments(__doc__, data=True)

# Examples: some to learn from, the others to try the network on.
name, data, epochs = examples(args.data)
learnt, tried = data.split(0.8, rng=0)
print(data)

# A small network learns; a callback keeps what it was before the first epoch and after each.
model = models.small(1, data.x.shape[2:], len(data.classes), rng=2)
film = train.Snapshots(model)
run = train.fit(
    model, learnt, validation=tried, epochs=epochs, rng=2, callbacks=[film],
    optimizer=train.Adam(0.005), schedule=train.Cosine(),
)  # fmt: skip
model = run.model
print(f"\n{run}\n")

# Its kernels appear: every epoch is a frame, all of them on one scale.
lapse = explain.time_lapse(film, tried.x[:1], "relu")
print(lapse)
figure = viz.plot_learning_filmstrip(lapse, max_maps=4, told=0, figure=viz.new_figure())
figure.measured = [(0, 0.05, 1, 1)]  # what learning comes to, to the last bit, is the machine's
save(figure, args.folder, "13_kernels.png")
viz.animate_learning(lapse).save(f"{args.folder}/13_kernels.gif", force=True)

# Where it is wrong; a 7 that it takes for a 1, if there is one.
mistakes = explain.worst_mistakes(model, tried, count=len(tried))
print(f"\n{explain.confusion(model, tried)}\n")
print(*map(str, mistakes.worst[:5]), sep="\n")
wrong = next((m for m in mistakes if (m.true, m.taken_for) == ("7", "1")), mistakes[0])
x = wrong.picture[None]

# Why? A class's logit is a sum: features times weights. The ledgers of both, side by side.
asked = {wrong.true: wrong.true_class, wrong.taken_for: wrong.taken_for_class}
ledgers = {word: explain.pixel(model, x, "linear", number) for word, number in asked.items()}
for word, ledger in ledgers.items():
    print(f"\nThe logit of {word}.\n{ledger}")

# The features are maps that were flattened: so each term has its place in the picture.
shape = model.trace(x)["flatten"].input.shape[1:]
speaks = {w: one.account.products.reshape(shape).sum(axis=0) for w, one in ledgers.items()}
against = speaks[wrong.taken_for] - speaks[wrong.true]
bias = ledgers[wrong.taken_for].account.bias - ledgers[wrong.true].account.bias
lead = ledgers[wrong.taken_for].value - ledgers[wrong.true].value
print(f"\nfrom the places {against.sum():.4f}, from the biases {bias:.4f}: a lead of {lead:.4f}")

sheet = Sheet(9.6, 4.25, f"Why is this {wrong.true} taken for {wrong.taken_for}?", f"""
    What every place of the picture says for each class: features times weights, added up over
    the {shape[0]} maps. All places and a bias make the logit; the larger wins.""")  # fmt: skip
side, scale = 2.1, max(np.abs(values).max() for values in (*speaks.values(), against))
panels = [(f"for {word}", values) for word, values in speaks.items()]
panels.append((f"for {wrong.taken_for} rather than {wrong.true}", against))
ax = sheet.pixels(0.25, 1.25, side, side, x, f"{name}, example {wrong.index}")
cells(ax, *shape[1:])
sheet.text(0.25, 3.55, f"its {shape[1]} {TIMES} {shape[2]} places", color=SOFT)
for i, (title, values) in enumerate(panels, 1):
    left = 0.25 + i * (side + 0.22)
    ax = sheet.map(left, 1.25, side, side, values, title, (-scale, scale))
    number = lead if i == 3 else list(ledgers.values())[i - 1].value
    rest = bias if i == 3 else list(ledgers.values())[i - 1].account.bias
    sheet.text(left, 3.55, f"places {values.sum():.2f}, bias {rest:.2f}: {number:.2f}")
sheet.bar(0.25 + side + 0.22, 3.75, side, ax, "One scale for the three maps.")
sheet.measured(0.25, 1.0, 9.2, 3.1)
save(sheet.figure, args.folder, "13_why.png")

# One weight: why would learning from this picture change it? Its gradient is a sum, too.
place = np.unravel_index(np.abs(model["conv2d"].weight).argmax(), model["conv2d"].weight.shape)
place = tuple(map(int, place))
story = explain.gradient(model, x, wrong.true_class, "conv2d", place)
print(f"\n{story}")
came_in, came_back = story.terms.came_in, story.terms.came_back
by_hand = sum(a * b for a, b in zip(came_in.ravel(), came_back.ravel(), strict=True))


def loss_with(weight: float) -> float:
    """Return the loss on this one picture if the weight were another."""
    changed = model["conv2d"].weight.astype(np.float64)
    changed[place] = weight
    other = model.with_params({"0.weight": changed})
    return train.evaluate(other, (x.astype(np.float64), np.array([wrong.true_class]))).loss


step, weight = 1e-3, float(model["conv2d"].weight[place])
tried_out = (loss_with(weight + step) - loss_with(weight - step)) / (2 * step)
print(f"\nadded up by hand {by_hand:.4f}; by moving the weight a little {tried_out:.4f}")
figure = viz.plot_gradient(story, figure=viz.new_figure())
figure.measured = [(0, 0, 1, 1)]
save(figure, args.folder, "13_gradient.png")
