"""The vocabulary: custom resources, observations, reports, names. No I/O; imports nothing of ours."""
