"""`kubectl casebook retire`: bring a memory into state Retired."""

from casebook.api.enums import State
from casebook.cli.judging import judge

retire = judge("retire", State.RETIRED, "Retire a memory: it was true and is no more.")
