"""Pure rules of what was learned: scope matching, ranking, lifecycle."""
