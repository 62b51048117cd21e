"""What is asked: the target, the labels of an alert, the names and times in a question."""
