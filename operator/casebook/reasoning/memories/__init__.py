"""What people taught, as it acts in a run."""
