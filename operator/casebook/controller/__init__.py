"""Pure decisions (inputs to plan), builders of manifests, and the step that applies a plan."""
