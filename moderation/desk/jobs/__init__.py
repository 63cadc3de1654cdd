"""Background jobs of a serving process: intake, live model, retention; rescoring, retraining."""
