"""The composition root: every command of `casebook` and `kubectl casebook`."""
