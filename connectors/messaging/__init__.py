"""Text messages: the gateways that carry ours, and what subscribers send to the short number."""
