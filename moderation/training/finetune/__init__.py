"""Fine-tuning of the encoder: all code that needs PyTorch (extra ``finetune``)."""
