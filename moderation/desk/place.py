"""The place of the policy file that the desk writes."""

from pathlib import Path

from moderation.database.location import data_folder
from moderation.settings import Settings

POLICY = "policy.toml"


def policy_path(settings: Settings) -> Path:
    """Return the policy file that the desk writes: the setting's, else one in the data folder."""
    return settings.policy or data_folder() / POLICY
