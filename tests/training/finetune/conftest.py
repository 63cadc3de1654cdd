"""Without PyTorch one test reports that, and the others are skipped."""

from importlib.util import find_spec

MISSING = [name for name in ("onnx", "safetensors", "torch") if find_spec(name) is None]

collect_ignore_glob = ["test_[!i]*.py"] if MISSING else []
