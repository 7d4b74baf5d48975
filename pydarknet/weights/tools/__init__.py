"""What changes weights: one tool a file."""
