"""What tests share: builders, fixtures, servers that inject faults."""
