"""Embeddings made in this process; the only home of `onnxruntime` and `tokenizers`, which are an extra."""
