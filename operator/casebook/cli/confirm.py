"""`kubectl casebook confirm`: bring a memory into state Confirmed."""

from casebook.api.enums import State
from casebook.cli.judging import judge

confirm = judge("confirm", State.CONFIRMED, "Confirm a memory: from now on every investigation in its scope obeys it.")
