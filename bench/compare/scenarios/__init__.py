"""What is measured: one file for each kind of load, all of the shape of scenario.py."""
