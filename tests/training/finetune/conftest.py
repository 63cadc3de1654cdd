"""Without PyTorch one test says so, and the others are left out."""

from importlib.util import find_spec

MISSING = [name for name in ("onnx", "safetensors", "torch") if find_spec(name) is None]

collect_ignore_glob = ["test_[!i]*.py"] if MISSING else []
