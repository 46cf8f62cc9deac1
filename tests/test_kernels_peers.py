"""The bank against SciPy, scikit-image and OpenCV, where they are installed.

Mind who turns the kernel, how each normalises, and what it sees beyond the border.
"""

import numpy as np
import pytest

from minicnn import kernels

X = np.random.default_rng(11).integers(0, 256, (17, 23)).astype(float)
CLOSE = {"rel": 1e-12, "abs": 1e-9}


def same(name, mode, x=X):
    """Return the map of x's own size, x being padded as np.pad's `mode` does."""
    kernel = np.asarray(kernels.get(name) if isinstance(name, str) else name)
    (kh, kw), (h, w) = kernel.shape, x.shape
    before = (kh - 1) // 2, (kw - 1) // 2
    padded = np.pad(x, [(b, k - 1 - b) for b, k in zip(before, kernel.shape, strict=True)], mode)
    y = np.zeros_like(x)
    for i in range(h):
        for j in range(w):
            y[i, j] = (padded[i : i + kh, j : j + kw] * kernel).sum()
    return y


class TestSciPy:
    ndimage = property(lambda self: pytest.importorskip("scipy.ndimage"))

    @pytest.mark.parametrize("name", [n for n, k in kernels.BANK.items() if k.shape[0] % 2])
    def test_correlate_and_convolve(self, name):
        kernel = kernels.get(name)
        assert self.ndimage.correlate(X, kernel.values, mode="mirror") == pytest.approx(
            same(name, "reflect"), **CLOSE
        )
        assert self.ndimage.convolve(X, kernel.values, mode="mirror") == pytest.approx(
            same(kernels.flip(kernel), "reflect"), **CLOSE
        )

    def test_even_kernels_look_up_and_left(self):
        for name in kernels.FAMILIES["roberts"]:
            theirs = self.ndimage.correlate(X, kernels.get(name).values, mode="nearest")
            assert theirs[1:, 1:] == pytest.approx(same(name, "edge")[:-1, :-1], **CLOSE)

    @pytest.mark.parametrize("family", ["sobel", "prewitt"])
    @pytest.mark.parametrize(("axis", "name"), [(1, "x"), (0, "y")])
    def test_slopes_with_their_signs(self, family, axis, name):
        theirs = getattr(self.ndimage, family)(X, axis=axis)
        assert theirs == pytest.approx(same(f"{family}_{name}", "symmetric"), **CLOSE)

    def test_laplacian(self):
        assert self.ndimage.laplace(X) == pytest.approx(same("laplacian_4", "symmetric"), **CLOSE)

    @pytest.mark.parametrize("size", [3, 5])
    def test_box(self, size):
        theirs = self.ndimage.uniform_filter(X, size)
        assert theirs == pytest.approx(same(kernels.box(size), "symmetric"), **CLOSE)

    @pytest.mark.parametrize("sigma", [0.4, 1, 1.7])
    def test_gaussian(self, sigma):
        theirs = self.ndimage.gaussian_filter(X, sigma)
        assert theirs == pytest.approx(same(kernels.gaussian(sigma), "symmetric"), **CLOSE)

    @pytest.mark.parametrize("sigma", [1, 1.7])
    def test_laplacian_of_gaussian(self, sigma):
        theirs = self.ndimage.gaussian_laplace(X, sigma)
        ours = same(kernels.laplacian_of_gaussian(sigma), "symmetric")
        # SciPy leaves the small sum that sampling gives.
        assert np.ptp(theirs - ours) < 1e-3 * np.ptp(theirs)


class TestScikitImage:
    filters = property(lambda self: pytest.importorskip("skimage.filters"))

    @pytest.mark.parametrize(("family", "scale"), [("sobel", 4), ("prewitt", 3), ("scharr", 16)])
    @pytest.mark.parametrize(("theirs", "name"), [("v", "x"), ("h", "y")])
    def test_slopes_with_their_signs(self, family, scale, theirs, name):
        answer = getattr(self.filters, f"{family}_{theirs}")(X)
        assert answer == pytest.approx(same(f"{family}_{name}", "symmetric") / scale, **CLOSE)

    @pytest.mark.parametrize(("theirs", "name"), [("v", "x"), ("h", "y")])
    def test_farid(self, theirs, name):
        answer = getattr(self.filters, f"farid_{theirs}")(X)
        assert answer == pytest.approx(same(f"farid_{name}", "symmetric"), rel=1e-4, abs=1e-3)

    def test_roberts(self):
        falling, rising = self.filters.roberts_pos_diag(X), self.filters.roberts_neg_diag(X)
        ours = [same(name, "edge") for name in ("roberts_se", "roberts_sw")]
        assert falling[:-1, :-1] == pytest.approx(ours[0][:-1, :-1], **CLOSE)
        assert rising[:-1, :-1] == pytest.approx(ours[1][:-1, :-1], **CLOSE)

    def test_laplacian_has_the_other_sign(self):
        assert self.filters.laplace(X) == pytest.approx(same("ridge_4", "symmetric"), **CLOSE)

    def test_gaussian(self):
        theirs = self.filters.gaussian(X, sigma=1.3, mode="nearest", preserve_range=True)
        assert theirs == pytest.approx(same(kernels.gaussian(1.3), "edge"), **CLOSE)

    def test_gabor(self):
        theirs = self.filters.gabor_kernel(
            1 / 5, theta=np.radians(-30), sigma_x=2, sigma_y=4, offset=np.radians(40), n_stds=2
        )
        size = min(theirs.shape)
        top, left = ((n - size) // 2 for n in theirs.shape)
        ours = kernels.gabor(5, 30, sigma=2, phase=40, aspect=0.5, size=size).values
        cut = theirs.real[top : top + size, left : left + size] * 2 * np.pi * 2 * 4
        assert cut == pytest.approx(ours, abs=1e-12)


class TestOpenCV:
    cv2 = property(lambda self: pytest.importorskip("cv2"))

    @pytest.mark.parametrize("name", list(kernels.BANK))
    def test_filter2d(self, name):
        kernel = kernels.get(name).values
        # With its anchor at (k - 1) // 2: its default for even kernels is the other middle.
        anchor = (kernel.shape[1] - 1) // 2, (kernel.shape[0] - 1) // 2
        theirs = self.cv2.filter2D(X, -1, kernel, anchor=anchor)
        assert theirs == pytest.approx(same(name, "reflect"), **CLOSE)

    @pytest.mark.parametrize(("dx", "dy", "name"), [(1, 0, "x"), (0, 1, "y")])
    def test_slopes_with_their_signs(self, dx, dy, name):
        sobel, scharr = self.cv2.Sobel(X, -1, dx, dy), self.cv2.Scharr(X, -1, dx, dy)
        assert sobel == pytest.approx(same(f"sobel_{name}", "reflect"), **CLOSE)
        assert scharr == pytest.approx(same(f"scharr_{name}", "reflect"), **CLOSE)

    def test_second_derivatives(self):
        assert self.cv2.Laplacian(X, -1, ksize=1) == pytest.approx(
            same("laplacian_4", "reflect"), **CLOSE
        )
        assert self.cv2.Sobel(X, -1, 1, 1) == pytest.approx(same("saddle", "reflect"), **CLOSE)

    @pytest.mark.parametrize("size", [3, 5])
    def test_blurs(self, size):
        gaussian = self.cv2.GaussianBlur(X, (size, size), 0)
        assert gaussian == pytest.approx(same(f"gaussian_{size}x{size}", "reflect"), **CLOSE)
        box = self.cv2.blur(X, (size, size))
        assert box == pytest.approx(same(f"box_{size}", "reflect"), **CLOSE)

    def test_gaussian_by_sigma(self):
        profile = self.cv2.getGaussianKernel(9, 1.7)
        assert kernels.gaussian(1.7, 9).values == pytest.approx(profile @ profile.T, abs=1e-12)

    @pytest.mark.parametrize("angle", [0, 30, 45, 100])
    @pytest.mark.parametrize("phase", [0, 40, -90])
    def test_gabor(self, angle, phase):
        theirs = self.cv2.getGaborKernel(
            (9, 9), 2, np.radians(-angle), 5, 0.7, psi=np.radians(-phase)
        )
        ours = kernels.gabor(5, angle, sigma=2, phase=phase, aspect=0.7, size=9)
        assert theirs == pytest.approx(ours.values, abs=1e-12)
