"""What can go wrong with the store, for callers that know nothing of its driver."""


class StoreUnavailable(Exception):
    """The store cannot be used now, or refuses; the message says why and is fit for a person."""
