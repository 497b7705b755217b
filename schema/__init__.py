"""The nouns: Strawberry types, scalars, refusals, scopes and the pure rules of each noun. No input or output."""
