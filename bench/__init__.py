"""`make bench`: every bound on weight and speed, measured beside a bare reference in one run."""
