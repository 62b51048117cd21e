"""Runs live failure scenarios against a cluster and scores what an investigation says of them."""
