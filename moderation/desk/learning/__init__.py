"""Learning from the desk's decisions: labels, masking of personal data, the model registry."""
