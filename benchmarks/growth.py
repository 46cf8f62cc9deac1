"""Does the time grow with the work? Eight 3x3 kernels over pictures from 256x256 to 8192x8192.

Prints, at the end, the slope of log(time) over log(pixels) for each contender: 1 is proportional,
2 is hopeless.

    python benchmarks/growth.py --quick            # up to 2048x2048
    python benchmarks/growth.py --only minicnn PyTorch
"""

from __future__ import annotations

from _bank import MAKERS, NEEDS, can, reference, without
from _contenders import arguments, parse, present, race, save, serve
from _results import Results, middle, slope

SIZES = [256, 512, 1024, 2048, 4096, 8192]


def slopes(results: Results) -> dict[str, float]:
    """Return each contender's slope, over the sizes that it has done."""
    found = {}
    for name in dict.fromkeys(name for times in results.values() for name in times):
        points = [
            (int(case), middle(times[name])) for case, times in results.items() if name in times
        ]
        if len(points) > 1:
            sizes, seconds = zip(*points, strict=True)
            found[name] = slope(list(sizes), list(seconds))
    return found


def main() -> None:
    args = parse(arguments(__doc__.splitlines()[0], quick="up to 2048x2048, fewer rounds"))
    if args.serve:
        serve(MAKERS, args)
        return
    sizes = SIZES[:4] if args.quick else SIZES
    cases = {str(s): {"size": s, "kernel": 3, "kernels": 8, "corner": min(s, 512)} for s in sizes}
    names = present(NEEDS, args)
    if not args.only:
        names = without(names, "minicnn im2col", "SciPy signal", "NumPy einsum", "NumPy tensordot")
    results = race(__file__, names, cases, reference, args, can=can)
    print("\nslope of log(time) over log(pixels):")
    for name, value in slopes(results).items():
        print(f"  {name:24}{value:.3f}")
    save("growth", results, args)


if __name__ == "__main__":
    main()
