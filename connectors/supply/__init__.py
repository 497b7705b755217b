"""The door to supply: payments in a legacy relational database."""
