"""Where the graph and the bytes of values are kept: what a store is (`protocol`), and the two engines."""
