"""`kubectl casebook reject`: bring a memory into state Rejected."""

from casebook.api.enums import State
from casebook.cli.judging import judge

reject = judge("reject", State.REJECTED, "Reject a memory: it was never true.")
