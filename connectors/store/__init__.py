"""Our own database: customers, account links, sign-in attempts and last known balances."""
