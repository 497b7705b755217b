"""What can be known of the container files without an engine."""
