"""What developers run: never part of a served portal."""
