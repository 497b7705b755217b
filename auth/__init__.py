"""Who is asking: passwords, access tokens, account links and throttling."""
