"""Why a value is what it is: numbers turned into a story, as records that print well.

Nothing here draws; `minicnn.viz` has the pictures.
"""

from minicnn.explain.arithmetic import Arithmetic, arithmetic
from minicnn.explain.attribution import gradient_times_input, integrated_gradients, saliency
from minicnn.explain.attribution_record import Attribution
from minicnn.explain.border_truth import BorderStep, BorderTruth, border_truth
from minicnn.explain.collapse import Collapsed, collapse
from minicnn.explain.compare import compare
from minicnn.explain.compare_gap import Gap
from minicnn.explain.compare_records import Comparison
from minicnn.explain.confusion import Confusion, MixUp, confusion
from minicnn.explain.doctor import diagnose
from minicnn.explain.doctor_findings import Diagnosis, Finding
from minicnn.explain.excite import Excited, maximise
from minicnn.explain.exciting_patches import Patch, Patches, exciting_patches
from minicnn.explain.field_poke import Poked
from minicnn.explain.field_steps import FieldStep
from minicnn.explain.find_kernel import find_kernel
from minicnn.explain.found_kernel import FoundKernel
from minicnn.explain.grad_cam import grad_cam
from minicnn.explain.gradient import gradient
from minicnn.explain.gradient_record import GradientLedger
from minicnn.explain.im2col import im2col_atlas
from minicnn.explain.im2col_cost import Im2colCost
from minicnn.explain.im2col_record import Im2colAtlas
from minicnn.explain.ledger import Ledger, pixel
from minicnn.explain.mistakes import Mistake, Mistakes, worst_mistakes
from minicnn.explain.occlusion import occlusion
from minicnn.explain.padding_modes import PaddingModes, padding_modes
from minicnn.explain.projective_field import ProjectiveField, projective_field
from minicnn.explain.rather_than import rather_than
from minicnn.explain.receptive_field import ReceptiveField, receptive_field
from minicnn.explain.relu_effect import ReLUEffect, relu_effect
from minicnn.explain.sliding import SlidingWindow, sliding_window
from minicnn.explain.time_lapse import time_lapse
from minicnn.explain.time_lapse_record import Change, TimeLapse
from minicnn.explain.trust import trust
from minicnn.explain.trust_record import Trust, TrustStage
from minicnn.explain.way_back import BackStep, WayBack, way_back
from minicnn.explain.xray import Xray, xray

__all__ = [
    "Arithmetic",
    "Attribution",
    "BackStep",
    "BorderStep",
    "BorderTruth",
    "Change",
    "Collapsed",
    "Comparison",
    "Confusion",
    "Diagnosis",
    "Excited",
    "FieldStep",
    "Finding",
    "FoundKernel",
    "GradientLedger",
    "Gap",
    "Im2colAtlas",
    "Im2colCost",
    "Ledger",
    "Mistake",
    "Mistakes",
    "MixUp",
    "PaddingModes",
    "Patch",
    "Patches",
    "Poked",
    "ProjectiveField",
    "ReLUEffect",
    "ReceptiveField",
    "SlidingWindow",
    "TimeLapse",
    "Trust",
    "TrustStage",
    "WayBack",
    "Xray",
    "arithmetic",
    "border_truth",
    "collapse",
    "compare",
    "confusion",
    "diagnose",
    "exciting_patches",
    "find_kernel",
    "grad_cam",
    "gradient",
    "gradient_times_input",
    "im2col_atlas",
    "integrated_gradients",
    "maximise",
    "occlusion",
    "padding_modes",
    "pixel",
    "projective_field",
    "rather_than",
    "receptive_field",
    "relu_effect",
    "saliency",
    "sliding_window",
    "time_lapse",
    "trust",
    "way_back",
    "worst_mistakes",
    "xray",
]
