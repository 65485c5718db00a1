"""What keeps the portal safe: backups, restoring them, rotating the key, looking for trouble.

It stands beside `members`: commands call it, it calls `db`, `mail` and `security`.
"""
