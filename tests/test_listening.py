import shutil
import socket
import stat
import subprocess

import pytest

from hanabi.listening import listen, listen_on_path, tls_context


def test_an_address_that_is_taken_is_one_sentence():
    with listen("127.0.0.1", 0) as first:
        port = first.getsockname()[1]
        with pytest.raises(OSError, match=rf"^cannot listen on 127.0.0.1:{port} \(Address already"):
            listen("127.0.0.1", port)


def test_a_unix_socket_is_for_its_owner_and_the_group(tmp_path):
    path = tmp_path / "socket"
    with listen_on_path(path), socket.socket(socket.AF_UNIX) as client:
        assert stat.filemode(path.stat().st_mode) == "srw-rw----"
        client.connect(str(path))


def test_the_socket_of_a_server_that_was_killed_is_replaced(tmp_path):
    path = tmp_path / "socket"
    listen_on_path(path).close()  # as the kernel closes it: the file stays
    with listen_on_path(path), socket.socket(socket.AF_UNIX) as client:
        client.connect(str(path))


def test_the_socket_of_a_server_that_lives_stays(tmp_path):
    path = tmp_path / "socket"
    with listen_on_path(path), pytest.raises(OSError, match="another server listens there"):
        listen_on_path(path)
    assert path.exists()


def test_a_file_in_the_way_stays(tmp_path):
    path = tmp_path / "notes"
    path.write_text("mine")
    with pytest.raises(OSError, match=r"a file that is no socket.*--uds"):
        listen_on_path(path)
    assert path.read_text() == "mine"


@pytest.mark.parametrize("name", ["nowhere/socket", "x" * 200])
def test_a_path_that_cannot_be(tmp_path, name):
    with pytest.raises(OSError, match="choose another path with --uds"):
        listen_on_path(tmp_path / name)


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    """A certificate of its own signing, and its key."""
    if shutil.which("openssl") is None:
        pytest.skip("there is no openssl to make a certificate with")
    folder = tmp_path_factory.mktemp("tls")
    command = "openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=localhost -days 2"
    command += " -keyout key.pem -out cert.pem"
    subprocess.run(command.split(), cwd=folder, check=True, capture_output=True)
    return folder / "cert.pem", folder / "key.pem"


def test_a_certificate(pair):
    certificate, key = pair
    assert tls_context(certificate, key).minimum_version.name == "TLSv1_2"


def test_what_is_no_certificate_is_one_sentence(pair, tmp_path):
    certificate, key = pair
    other = tmp_path / "other.pem"
    for wrong in [(certificate, other), (key, certificate), (other, key)]:
        with pytest.raises(OSError, match=r"^cannot use --tls-cert .* PEM files"):
            tls_context(*wrong)
    other.write_text("no PEM")
    with pytest.raises(OSError, match="PEM files"):
        tls_context(other, key)


def test_a_key_with_a_password_is_refused_and_not_asked_for(pair, tmp_path):
    certificate, key = pair
    locked = tmp_path / "locked.pem"
    command = ["openssl", "rsa", "-aes256", "-passout", "pass:x", "-in", key, "-out", locked]
    subprocess.run(command, check=True, capture_output=True)
    with pytest.raises(OSError, match="without a password"):
        tls_context(certificate, locked)
