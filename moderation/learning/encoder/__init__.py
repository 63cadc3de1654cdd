"""The encoder tier: a small transformer that reads wordpieces, run by ONNX Runtime."""
