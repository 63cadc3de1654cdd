"""Models on disk: loading and saving a model of any tier."""

from moderation.models.store.manifest import MANIFEST, read_manifest
from moderation.models.store.models import Model, load_model, save_model

__all__ = ["MANIFEST", "Model", "load_model", "read_manifest", "save_model"]
