"""The models: the fast tier, the encoder, the cascade of both, and the form they are stored in."""
