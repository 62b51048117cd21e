"""A small shop: the services that the live scenarios run and break."""
