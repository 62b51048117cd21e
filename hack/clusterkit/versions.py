"""Every version that is pinned here and not in a go.mod."""

from typing import Final

KUBERNETES: Final = "v1.34.4"
"""Built at home, from go/kubernetes/go.mod."""

STOCK_NODE: Final = "kindest/node:v1.34.11@sha256:44e222ee2132dab25ff87301682f89eb82c7880ea3a1bf543bfe9708fd08d67d"
"""The node image that the release notes of kind v0.33.0 list for Kubernetes 1.34."""

METRICS_SERVER: Final = "registry.k8s.io/metrics-server/metrics-server:v0.9.0"
PAUSE: Final = ("registry.k8s.io/pause:3.10", "registry.k8s.io/pause:3.10.1")
"""kind's containerd asks for the first, kubeadm for the second."""

GO: Final = (1, 26, 8)
"""The oldest Go that builds the tools; fetched where the machine has none as new."""

DEBIAN: Final = "bookworm"
DEBIAN_IMAGE: Final = f"casebook-debian:{DEBIAN}"
HOME_NODE: Final = f"casebook-node:{KUBERNETES}"

PYTHON_BASE: Final = "python:3.11-slim-bookworm"
"""What the Dockerfiles build on; its stand-in is Debian's own Python 3.11 on the same Debian."""

STAND_IN: Final = "dev.casebook.stand-in"
"""The label of a base image that was built here because no registry answers."""

PROMETHEUS: Final = "prom/prometheus:v2.42.0"
ALERTMANAGER: Final = "prom/alertmanager:v0.25.0"
"""The versions that Debian bookworm packages, so that both sources behave alike."""
