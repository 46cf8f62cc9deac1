"""From numbers to a picture file's bytes: the counterpart of `decoding`."""

from __future__ import annotations

import io

from minicnn.shapes import Array


def png_bytes(pixels: Array) -> bytes:
    """Return pixels as the content of a PNG file: the same pixels give the same bytes.

    Parameters
    ----------
    pixels : array (H, W, 3), uint8, or (H, W), uint8 or uint16
        Red, green, blue; or grey.

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import images
    >>> data = png_bytes(np.full((2, 5, 3), 51, np.uint8))
    >>> images.load(io.BytesIO(data))[0, :, 0, 0]
    array([0.2, 0.2, 0.2], dtype=float32)
    """
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, format="PNG")
    return buffer.getvalue()
