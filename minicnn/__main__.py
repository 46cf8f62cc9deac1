"""``python -m minicnn``: the command line, and with nothing behind it the main job."""

from minicnn.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
