"""The hall where simulated and clinic patients become the same five tables."""
