"""Fine-tuning the encoder: everything that needs PyTorch (extra ``finetune``)."""
