"""`python -m casebook` is the `casebook` command."""

from casebook.cli.main import main

if __name__ == "__main__":
    main()
