"""The roof: settings, wiring, endpoints, limits and the command line. Decides nothing about electricity."""
