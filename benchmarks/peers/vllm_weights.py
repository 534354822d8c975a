"""Write a GGUF as a folder that vLLM loads: python vllm_weights.py WEIGHTS FOLDER.

It runs in vLLM's environment. Each weight is the value that its quantised form stands for, rounded
to bfloat16: the same model, in the form that vLLM computes with on a CPU.
"""

import sys
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer


def main(weights: Path, folder: Path) -> None:
    """Write the folder."""
    place = {"pretrained_model_name_or_path": weights.parent, "gguf_file": weights.name}
    model = AutoModelForCausalLM.from_pretrained(**place, dtype=torch.bfloat16)
    # The weights are plain by now; what is left of how they were stored would keep them unsaved.
    model.hf_quantizer = None
    if hasattr(model.config, "quantization_config"):
        del model.config.quantization_config
    model.save_pretrained(folder)
    AutoTokenizer.from_pretrained(**place).save_pretrained(folder)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
