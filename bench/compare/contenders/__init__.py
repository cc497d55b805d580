"""Who is compared: one file for each, all of the shape of contender.py."""
