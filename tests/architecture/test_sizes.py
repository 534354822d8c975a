"""A file that no longer fits in the head is cut in two."""

MOST_LINES = 400
KINDS = (".py", ".js", ".css", ".html", ".sh")


def test_no_source_file_is_longer_than_its_limit(texts):
    lines = {path: len(text.splitlines()) for path, text in texts.items() if path.endswith(KINDS)}
    assert lines
    assert {path: count for path, count in lines.items() if count > MOST_LINES} == {}
