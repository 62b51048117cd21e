"""How much is believed of each hypothesis, which ones explain what was seen, and what that makes of the run."""
