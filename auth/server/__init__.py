"""Our own authorization server: codes, tokens, consent and clients, on Authlib's framework-free core."""
