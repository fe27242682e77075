"""Encodings of torch tensors and of scipy's sparse matrices."""

from __future__ import annotations

from typing import Any

import numpy as np

from mandala_graph.hashing.arrays import write_array
from mandala_graph.hashing.encoder import Encode, Encoder
from mandala_graph.hashing.objects import write_type

__all__ = ["writer"]


def writer(base: type, kind: type) -> Encode | None:
    """What writes values of `kind`, which is a subclass of `base`, a type of torch or scipy."""
    package = base.__module__.partition(".")[0]
    if package == "torch":
        import torch

        if issubclass(kind, torch.Tensor):
            return _tensor
        return _torch_name if kind in (torch.dtype, torch.device, torch.layout, torch.memory_format) else None
    from scipy import sparse

    return _sparse if issubclass(kind, sparse.sparray | sparse.spmatrix) else None


def _torch_name(encoder: Encoder, value: Any) -> None:
    encoder.not_plain()
    encoder.out += b"Rn"
    encoder.text(repr(value))


def _tensor(encoder: Encoder, tensor: Any) -> None:
    """dtype, shape, device type, requires_grad and numbers; gradients and how it was computed are not content."""
    import torch

    encoder.not_plain()
    if not encoder.enter(tensor):
        return
    encoder.out += b"R"
    write_type(encoder, type(tensor))
    encoder.encode((str(tensor.dtype), tuple(tensor.shape), tensor.device.type))
    encoder.encode((bool(tensor.requires_grad), str(tensor.layout)))
    plain = tensor.detach().cpu().resolve_conj().resolve_neg()
    if plain.layout != torch.strided:
        plain = plain.to_sparse_coo().coalesce()
        _numbers(encoder, plain.indices())
        plain = plain.values()
    if plain.is_quantized:
        encoder.encode(repr(plain.qscheme()))
        _numbers(encoder, plain.dequantize())
        plain = plain.int_repr()
    _numbers(encoder, plain)
    encoder.leave(tensor)


def _numbers(encoder: Encoder, tensor: Any) -> None:
    import torch

    tensor = tensor.contiguous()
    if tensor.dtype == torch.bfloat16:
        tensor = tensor.to(torch.float32)  # exact
    elif tensor.dtype.is_floating_point and tensor.dtype.itemsize == 1:
        tensor = tensor.view(torch.uint8)
    write_array(encoder, tensor.numpy())


def _sparse(encoder: Encoder, matrix: Any) -> None:
    """Format, shape, dtype and the entries in order of place; duplicates summed, explicit zeros kept."""
    encoder.not_plain()
    if not encoder.enter(matrix):
        return
    encoder.out += b"Y"
    write_type(encoder, type(matrix))
    encoder.encode(tuple(map(int, matrix.shape)))
    entries = matrix.tocoo(copy=True)
    entries.sum_duplicates()
    places = entries.coords
    encoder.encode(len(places))
    order = np.lexsort(places[::-1])
    for place in places:
        write_array(encoder, np.asarray(place, dtype=np.int64)[order])
    write_array(encoder, np.asarray(entries.data)[order])
    encoder.leave(matrix)
