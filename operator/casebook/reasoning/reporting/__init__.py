"""The report: what is said of a board, each claim with what it rests on."""
