"""The door to billing: accounts, balance, accruals and bills over REST."""
