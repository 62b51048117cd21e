"""One investigation: the loop of observing and reasoning, redaction, and its two homes (Job, laptop)."""
