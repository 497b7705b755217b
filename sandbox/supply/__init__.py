"""The supply system's stand-in: a legacy relational database reached over the PostgreSQL wire protocol, v3."""
