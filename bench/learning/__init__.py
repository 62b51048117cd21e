"""The learning bench: whether corrections stick, spread and help, and whether nothing else does."""
