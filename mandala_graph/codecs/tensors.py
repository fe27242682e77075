"""PyTorch tensors: dtype, shape and buffer. Only dense ones on the CPU without gradients; others are pickled."""

from __future__ import annotations

import math
from typing import Any

import torch

from mandala_graph.codecs.arrays import decode_buffer, encode_buffer
from mandala_graph.codecs.registry import Codec

__all__ = ["codec_for", "codec_named"]


def _encode(tensor: Any) -> list[bytes | memoryview] | None:
    if tensor.device.type != "cpu" or tensor.layout is not torch.strided or tensor.requires_grad:
        return None
    if tensor.is_conj() or tensor.is_neg() or tensor.is_quantized or tensor.__dict__:
        return None
    flat = tensor.contiguous().reshape(-1)
    data = memoryview(flat.view(torch.uint8).numpy()) if flat.numel() else memoryview(b"")
    return encode_buffer({"dtype": str(tensor.dtype).removeprefix("torch."), "shape": tuple(tensor.shape)}, data)


def _decode(payload: memoryview) -> Any:
    header, data = decode_buffer(payload)
    dtype, shape = getattr(torch, str(header["dtype"]), None), header["shape"]
    if not isinstance(dtype, torch.dtype) or not isinstance(shape, tuple) or any(type(n) is not int for n in shape):
        raise ValueError("its header names no dtype or shape")
    if math.prod(shape) * dtype.itemsize != data.nbytes or any(n < 0 for n in shape):
        raise ValueError("its shape and its size do not match")
    if not data.nbytes:
        return torch.empty(shape, dtype=dtype)
    return torch.frombuffer(bytearray(data), dtype=dtype).reshape(shape)


_TENSOR = Codec("torch.Tensor", _encode, _decode)


def codec_for(kind: type) -> Codec | None:
    return _TENSOR if kind is torch.Tensor else None


def codec_named(name: str) -> Codec | None:
    return _TENSOR if name == _TENSOR.name else None
