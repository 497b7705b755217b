"""Facts about the roof: settings, wiring, endpoints and the command line."""
