"""Figures: feature maps, kernels, pictures and whole models. The only importer of matplotlib."""

from minicnn.viz._page import new_figure
from minicnn.viz._style import Scale, scale_of
from minicnn.viz.feature_maps import plot_feature_maps, plot_images, plot_kernels
from minicnn.viz.ledger import plot_ledger
from minicnn.viz.maps import draw_kernel, draw_map, render_map
from minicnn.viz.pipeline import plot_pipeline
from minicnn.viz.saving import figure_bytes

__all__ = [
    "Scale",
    "draw_kernel",
    "draw_map",
    "figure_bytes",
    "new_figure",
    "plot_feature_maps",
    "plot_images",
    "plot_kernels",
    "plot_ledger",
    "plot_pipeline",
    "render_map",
    "scale_of",
]
