from hanabi_llama.log import LogTail

INFO, WARNING, ERROR, CONTINUED = 2, 3, 4, 5


def test_a_warning_is_no_reason_beside_an_error():
    log = LogTail()
    log._take(WARNING, b"care", None)
    log._take(CONTINUED, b"ful\n", None)
    log._take(INFO, b"loading\n", None)
    assert log.reason() == "careful"
    log._take(ERROR, b"it ", None)
    log._take(CONTINUED, b"failed\n", None)
    log._take(INFO, b"more ", None)
    log._take(CONTINUED, b"loading\n", None)
    assert log.reason() == "it failed"


def test_a_reason_is_of_the_last_call_and_bounded():
    log = LogTail(length=2)
    for text in (b"one\n", b"two\n", b"three\n"):
        log._take(ERROR, text, None)
    assert log.reason() == "two; three"
    log.clear()
    assert log.reason() == ""


def test_bytes_that_are_no_text_do_no_harm():
    log = LogTail()
    log._take(ERROR, b"\xff\n", None)
    log._take(ERROR, None, None)
    assert log.reason() == "\N{REPLACEMENT CHARACTER}"
