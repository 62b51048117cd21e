"""A Kubernetes cluster and the project's images on any machine: what `hack/cluster` and `hack/image` are made of."""
