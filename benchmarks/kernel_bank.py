"""Eight kernels over one grey picture of 1024x1024: this library against those made for it.

python benchmarks/kernel_bank.py
python benchmarks/kernel_bank.py --size 4096 --kernel 7 --kernels 64 --quick
"""

from __future__ import annotations

from _bank import MAKERS, NEEDS, can, reference, without
from _contenders import arguments, parse, present, race, save, serve


def main() -> None:
    parser = arguments(__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, default=1024, help="of the square picture (1024)")
    parser.add_argument(
        "--kernel", type=int, nargs="+", default=[3, 7, 31], help="odd sizes (3 7 31)"
    )
    parser.add_argument("--kernels", type=int, default=8, help="how many (8)")
    args = parse(parser)
    if args.serve:
        serve(MAKERS, args)
        return
    cases = {
        f"{args.kernels} kernels {k}x{k} over {args.size}x{args.size}": {
            "size": args.size,
            "kernel": k,
            "kernels": args.kernels,
            "corner": args.size if k < 9 else min(args.size, 256),
        }
        for k in args.kernel
    }
    names = without(present(NEEDS, args), *([] if args.only else ["minicnn im2col"]))
    save("kernel_bank", race(__file__, names, cases, reference, args, can=can), args)


if __name__ == "__main__":
    main()
