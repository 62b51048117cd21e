"""Other tools that look for what is wrong in a namespace, asked about the same faults at the same moment."""
