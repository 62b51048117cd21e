"""A real small model on loopback, for measurements."""
