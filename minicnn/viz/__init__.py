"""Figures: feature maps, kernels, pictures and whole models. The only importer of matplotlib."""

from minicnn.viz._page import new_figure
from minicnn.viz._style import Scale, scale_of
from minicnn.viz.animation import Animation
from minicnn.viz.arithmetic import plot_arithmetic
from minicnn.viz.attribution import plot_attribution
from minicnn.viz.border import plot_border_truth
from minicnn.viz.coach import plot_coach
from minicnn.viz.comparison import plot_comparison
from minicnn.viz.confusion import plot_confusion
from minicnn.viz.diagnosis import plot_diagnosis
from minicnn.viz.excited import plot_excited
from minicnn.viz.feature_maps import plot_feature_maps, plot_images, plot_kernels
from minicnn.viz.field import plot_projective_field, plot_receptive_field
from minicnn.viz.filmstrip import plot_filmstrip
from minicnn.viz.found_kernel import plot_found_kernel
from minicnn.viz.gradient import plot_gradient
from minicnn.viz.im2col import animate_im2col, plot_im2col
from minicnn.viz.learning import animate_learning
from minicnn.viz.learning_curves import plot_learning_curves
from minicnn.viz.learning_filmstrip import plot_learning_filmstrip
from minicnn.viz.ledger import plot_ledger
from minicnn.viz.maps import draw_kernel, draw_map, render_map
from minicnn.viz.mistakes import plot_mistakes
from minicnn.viz.padding_modes import plot_padding_modes
from minicnn.viz.patches import plot_patches
from minicnn.viz.pipeline import plot_pipeline
from minicnn.viz.saving import figure_bytes
from minicnn.viz.sliding import animate_convolution
from minicnn.viz.trust import plot_trust
from minicnn.viz.xray import plot_xray

__all__ = [
    "Animation",
    "Scale",
    "animate_convolution",
    "animate_im2col",
    "animate_learning",
    "draw_kernel",
    "draw_map",
    "figure_bytes",
    "new_figure",
    "plot_arithmetic",
    "plot_attribution",
    "plot_border_truth",
    "plot_coach",
    "plot_comparison",
    "plot_confusion",
    "plot_diagnosis",
    "plot_excited",
    "plot_feature_maps",
    "plot_filmstrip",
    "plot_found_kernel",
    "plot_gradient",
    "plot_im2col",
    "plot_images",
    "plot_kernels",
    "plot_learning_curves",
    "plot_learning_filmstrip",
    "plot_ledger",
    "plot_mistakes",
    "plot_padding_modes",
    "plot_patches",
    "plot_pipeline",
    "plot_projective_field",
    "plot_receptive_field",
    "plot_trust",
    "plot_xray",
    "render_map",
    "scale_of",
]
