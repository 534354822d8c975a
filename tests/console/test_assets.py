import gzip
import os

from hanabi.console.assets import STATIC, Assets


def test_the_package_has_its_console():
    assets = Assets()
    for path in STATIC.rglob("*"):
        if path.is_file():
            found = assets.find(path.relative_to(STATIC).as_posix())
            assert found is not None, f"{path.name} has a kind that is not given out"
            assert found.content == path.read_bytes()
            assert gzip.decompress(found.compressed) == found.content
    assert assets.find("index.html").media_type == "text/html"


def test_changes_are_seen_when_they_are_looked_for(tmp_path):
    changed, kept, gone = (tmp_path / name for name in ("a.js", "b.js", "c.js"))
    for path in (changed, kept, gone):
        path.write_text("1")
    assets = Assets(tmp_path)
    before = {name: assets.find(name) for name in ("a.js", "b.js")}

    changed.write_text("2")
    os.utime(changed, ns=(0, changed.stat().st_mtime_ns + 1))
    gone.unlink()
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "new.css").write_text("3")
    assert assets.find("a.js") is before["a.js"]
    assert assets.find("sub/new.css") is None

    assets.refresh()
    assert assets.find("a.js").content == b"2"
    assert assets.find("a.js").digest != before["a.js"].digest
    assert assets.find("b.js") is before["b.js"]
    assert assets.find("c.js") is None
    assert assets.find("sub/new.css").content == b"3"


def test_the_same_content_has_the_same_bytes(tmp_path):
    (tmp_path / "a.js").write_text("1")
    assert Assets(tmp_path).find("a.js") == Assets(tmp_path).find("a.js")


def test_a_folder_with_a_files_name_is_none(tmp_path):
    (tmp_path / "odd.js").mkdir()
    assert Assets(tmp_path).find("odd.js") is None
