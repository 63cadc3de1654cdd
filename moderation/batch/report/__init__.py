"""``report.html``: what a run found, for a person, in a page that stays small."""
