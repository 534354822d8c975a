"""Write a GGUF's weights in float32: python weights.py SOURCE TARGET.

It runs in the reference environment. Each weight is the value that its quantised form stands for,
so both files are the same model; but kernels for float32 weights quantise no activations, and can
be held to a tight bound. Every key of the metadata is copied, but for `general.file_type`, which
tells the type of the weights.
"""

import sys

import gguf
import numpy as np

ALL_F32 = 0  # the GGUF specification's general.file_type


def write_float32(source: str, target: str) -> None:
    """Write `target`."""
    reader = gguf.GGUFReader(source)
    architecture = reader.fields["general.architecture"].contents()
    writer = gguf.GGUFWriter(target, architecture)
    for name, field in reader.fields.items():
        # The reader counts the header's numbers as keys; the writer has its own, and has written
        # the architecture.
        if name.startswith("GGUF.") or name == "general.architecture":
            continue
        value = ALL_F32 if name == "general.file_type" else field.contents()
        outer, *elements = field.types
        writer.add_key_value(name, value, outer, elements[-1] if elements else None)
    for tensor in reader.tensors:
        weights = gguf.dequantize(tensor.data, tensor.tensor_type)
        writer.add_tensor(tensor.name, weights.astype(np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


if __name__ == "__main__":
    write_float32(*sys.argv[1:])
