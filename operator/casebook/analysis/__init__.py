"""Pure analysis of one snapshot: objects, graph, timeline, log lines, symptoms."""
