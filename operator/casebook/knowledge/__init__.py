"""What people taught, as rules: where it applies, what has force, what wins. Pure: no I/O, no clock."""
