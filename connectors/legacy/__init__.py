"""How legacy systems write: local times, decimals, money, account numbers, lists. Pure; shared by the doors."""
