"""The verbs: queries, mutations and subscriptions, one file per noun. Each is a guard, one call, one answer."""
