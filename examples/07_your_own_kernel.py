"""Your own kernel on your own photograph.

A matrix is typed as rows divided by semicolons; a name and a factor may stand in front::

    python examples/07_your_own_kernel.py --picture photo.jpg --kernel "mine = 1/4 * 1 2 1"
    python examples/07_your_own_kernel.py --kernel "sobel"                   # or names of the bank
"""

from __future__ import annotations

from _book import arguments, save

from minicnn import Conv2D, ReLU, Sequential, images, kernels, viz

given = arguments(__doc__, picture=True, kernel="relief = 2 1 0; 1 0 -1; 0 -1 -2")
mine = kernels.parse(given.kernel)
picture = given.picture
x = images.load(picture, channels=1) if picture else images.photograph(channels=1)

model = Sequential(Conv2D.from_kernels(mine), ReLU())
trace = model.trace(x)

for kernel in mine:
    print(kernel)
print(model)
for step in trace:
    low, high = step.output.min(), step.output.max()
    print(f"{step.name:<8}{step.output.shape}  from {low:.3f} to {high:.3f}")
title = f"Your own kernel: {', '.join(kernel.name for kernel in mine)}"
figure = viz.plot_pipeline(trace, title=title, figure=viz.new_figure())
save(figure, given.folder, "07_your_own_kernel.png")
