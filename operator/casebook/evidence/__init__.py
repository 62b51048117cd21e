"""Reads the world, one folder a source; answers a query with an observation, never with an exception."""
