"""A mini CNN framework in NumPy: convolve, look at feature maps, understand every number."""
