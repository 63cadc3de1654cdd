"""Models on disk, of every tier."""

from moderation.learning.store.manifest import MANIFEST, read_manifest
from moderation.learning.store.models import Model, load_model, save_model

__all__ = ["MANIFEST", "Model", "load_model", "read_manifest", "save_model"]
