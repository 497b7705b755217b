"""The doors: one folder per system outside the process. Legacy names stop here."""
