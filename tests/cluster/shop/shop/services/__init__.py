"""One module a service, each with `main(arguments)`."""
