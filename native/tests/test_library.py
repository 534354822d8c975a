import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from hanabi_llama import LibraryError, kernels, load
from hanabi_llama.library import _check_release, _open_parts
from hanabi_llama.structs import ContextParams


class Altered:
    """The real library but for some functions."""

    def __init__(self, **functions):
        self.__dict__.update(functions)

    def __getattr__(self, name):
        if name.startswith("missing"):
            raise AttributeError(name)
        return getattr(load().functions, name)


def test_load_is_idempotent_from_any_thread():
    with ThreadPoolExecutor(4) as pool:
        loaded = list(pool.map(lambda _: load(), range(8)))
    assert all(library is loaded[0] for library in loaded)
    assert loaded[0].version.startswith("0.5.0")


def test_kernels_are_named_after_the_library_in_use():
    found = kernels()
    candidates = {path.stem for path in load().folder.glob("libggml-cpu-*")}
    assert f"libggml-{found.name}" in candidates
    assert found.features
    assert all(feature.isascii() and feature for feature in found.features)


def test_a_folder_without_the_library_is_refused(tmp_path):
    with pytest.raises(LibraryError, match=r"has no libggml-base: expected one of .*0\.5\.0"):
        _open_parts(tmp_path)


def test_a_missing_folder_is_refused_with_what_to_do(tmp_path):
    with pytest.raises(LibraryError, match="HANABI_LLAMA_LIB"):
        _open_parts(tmp_path / "nowhere")


def test_files_that_are_no_libraries_are_refused(tmp_path):
    (tmp_path / "libggml-base.so").write_text("no library")
    with pytest.raises(LibraryError, match=r"libggml-base\.so could not be loaded"):
        _open_parts(tmp_path)


def test_the_environment_names_the_folder(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", "import hanabi_llama; hanabi_llama.load()"],
        env=os.environ | {"HANABI_LLAMA_LIB": str(tmp_path), "PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert f"LibraryError: {tmp_path} has no libggml-base" in done.stderr


def test_another_release_is_refused(tmp_path):
    with pytest.raises(LibraryError, match=r"must be llama\.cpp 0\.5\.0; it says that it is 0\.6"):
        _check_release(Altered(llama_version=lambda: b"0.6.0-dev"), tmp_path)


def test_a_shifted_struct_is_refused(tmp_path):
    def shifted():
        params = load().functions.llama_context_default_params()
        return ContextParams.from_buffer_copy(b"\0" + bytes(params)[:-1])

    with pytest.raises(LibraryError, match="its structs differ: n_ctx should be 512"):
        _check_release(Altered(llama_context_default_params=shifted), tmp_path)


def test_offload_kqv_must_be_true(tmp_path):
    def without():
        params = load().functions.llama_context_default_params()
        params.offload_kqv = False
        return params

    with pytest.raises(LibraryError, match="offload_kqv should be True"):
        _check_release(Altered(llama_context_default_params=without), tmp_path)


def test_a_library_without_our_functions_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("hanabi_llama.functions.PROTOTYPES", {"missing_function": (None, [])})
    with pytest.raises(LibraryError, match="missing_function"):
        _check_release(Altered(), tmp_path)
