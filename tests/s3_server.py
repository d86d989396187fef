"""An S3 server on this machine, for as long as a test needs it."""

import shutil
import socket
import subprocess
import time
from contextlib import contextmanager, suppress

NEEDED = ("s3rver", "snakemake-storage-plugin-s3")
KEPT = "._S3rver_object"  # what the server adds to the name of a file


class Server:
    """A running server of a folder, in which each folder is a bucket."""

    def __init__(self, folder, port):
        self.folder, self.address = folder, f"http://127.0.0.1:{port}"
        self.options = [
            *("--storage-s3-endpoint-url", self.address),
            *("--storage-s3-access-key", "S3RVER", "--storage-s3-secret-key", "S3RVER"),
        ]

    def content(self, bucket, name):
        return (self.folder / bucket / f"{name}{KEPT}").read_bytes()


@contextmanager
def object_storage(folder):
    """Start a server and end it on leaving."""
    port = free_port()
    words = [
        shutil.which("s3rver"),
        "--directory",
        str(folder),
        "--address",
        "127.0.0.1",
        "--port",
        str(port),
    ]
    process = subprocess.Popen(
        words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        wait_until_it_answers(port)
        yield Server(folder, port)
    finally:
        process.terminate()
        process.wait()


def upload(server, path, bucket, name):
    """Put a file into a bucket, which is made if need be."""
    import boto3

    client = boto3.client(
        "s3",
        endpoint_url=server.address,
        region_name="us-east-1",
        aws_access_key_id="S3RVER",
        aws_secret_access_key="S3RVER",
    )
    if not (server.folder / bucket).exists():
        client.create_bucket(Bucket=bucket)
    client.upload_file(str(path), bucket, name)
    client.close()


def free_port():
    """A port that nobody uses now."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def wait_until_it_answers(port):
    end = time.monotonic() + 60
    while time.monotonic() < end:
        with suppress(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.1)
    raise TimeoutError("the S3 server does not answer")


def stored(folder):
    """Contents of all that is in a folder of a bucket, by name."""
    return {
        path.relative_to(folder).as_posix().removesuffix(KEPT): path.read_bytes()
        for path in sorted(folder.rglob(f"*{KEPT}"))
    }
