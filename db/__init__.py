"""The SQLite file: connections, migrations and every SQL statement, one module a table."""
