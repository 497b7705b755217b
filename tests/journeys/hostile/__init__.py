"""Tables of hostile inputs, by what each of them is aimed at."""
