"""kopf and the probes: they see what changes in the cluster and wake the controller, and decide nothing."""
