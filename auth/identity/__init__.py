"""Identity providers: whoever vouches for a person, one file each, behind one port."""
