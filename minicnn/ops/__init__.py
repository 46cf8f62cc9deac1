"""The functional core: pure functions on (N, C, H, W) arrays."""
