"""Decides what becomes of every Investigation, and applies it: a pure core, builders of manifests, one worker."""
