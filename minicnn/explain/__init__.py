"""Why a value is what it is: numbers turned into a story, as records that print well.

Nothing here draws; `minicnn.viz` has the pictures.
"""

__all__: list[str] = []
