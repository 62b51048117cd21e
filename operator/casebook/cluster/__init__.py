"""The only home of the `kubernetes` client: Reader and Writer, paging, error mapping."""
