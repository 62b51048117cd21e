"""What to look at next, and when to stop looking."""
