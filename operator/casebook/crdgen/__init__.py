"""Custom resource definitions, generated from the models of `api`."""
