"""The pages of signing in, in the customer's language, and without scripts wherever the way itself needs none."""
