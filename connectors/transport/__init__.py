"""The one outgoing HTTP stack: pool, deadline, tracing."""
