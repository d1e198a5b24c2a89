"""The tests, a module per call or family of calls."""
