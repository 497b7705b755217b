"""The peers: a handler written by hand, and Strawberry as it comes, both over the gateway's own connectors."""
