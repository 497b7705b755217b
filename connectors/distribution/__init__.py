"""The door to distribution: usage points, meters and readings over SOAP."""
