"""What the next model learns from the decisions, and which model is live."""
