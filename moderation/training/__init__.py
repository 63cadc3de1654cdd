"""Training: fitting the fast tier and the cascade, the gate, the report and the model card."""
