"""How the judge learns and what it knows: features, classifiers, evidence, artefacts."""
