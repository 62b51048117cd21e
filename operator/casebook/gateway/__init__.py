"""The HTTP front: alerts in, the run API for agents, projected cluster-scoped reads, health and metrics."""
