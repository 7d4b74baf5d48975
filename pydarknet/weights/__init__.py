"""Tools for .weights files."""
