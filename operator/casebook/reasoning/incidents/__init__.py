"""What earlier and other runs found: the same problem again, one fault behind many alerts."""
