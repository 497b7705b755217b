"""A small utility on loopback: simulated legacy systems with their true wire protocols and bad manners."""
