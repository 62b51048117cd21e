"""What a model proposes: tested in a small language of predictions, listed beside what the rules found."""
