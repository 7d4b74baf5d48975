"""Writes networks in other formats."""

from .onnx import export_onnx

__all__ = ["export_onnx"]
