"""What is raised where a legacy value cannot be read.

Unreadable(ValueError)    a value is missing or is not what it should be; the text names the field, never the value
"""


class Unreadable(ValueError):
    """A value is missing or is not what it should be."""
