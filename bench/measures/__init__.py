"""One module a group of figures; each gives rows."""
