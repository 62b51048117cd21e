"""A model as one more source of hypotheses: the prompt from the board, the call, and the checks of what comes back."""
