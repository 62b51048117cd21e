"""Pure reasoning: the registry of causes, the board of hypotheses, scoring, verdict, report, replay."""
