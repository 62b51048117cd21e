"""kopf only: thin handlers that wake the controller's queue."""
