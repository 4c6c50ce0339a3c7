"""What is tried. A scenario is a function of the `World`; it ends, or raises `Failed` with the reason."""
