"""Postgres: tables (private), repositories, migrations; row-level security by tenant."""
