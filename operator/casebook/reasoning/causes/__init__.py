"""The causes that Casebook knows, one file each: `CAUSES` in every module is what it registers."""
