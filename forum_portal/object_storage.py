"""
Uploaded files in an S3-compatible storage, which all hosts share.

The bucket stays private. Files are read through the portal, which first asks
whether they are public and sends its own safe headers with them; a link signed for
the storage would carry neither. boto3, of some twenty megabytes, is loaded by the
worker that first needs a file, not for the address of one.
"""

import io
import time
from contextlib import contextmanager
from functools import cached_property
from threading import BoundedSemaphore
from urllib.parse import parse_qs, unquote, urljoin, urlsplit

from django.core.exceptions import SuspiciousFileOperation, SuspiciousOperation
from django.core.files.base import File
from django.core.files.storage import Storage
from django.utils.encoding import filepath_to_uri

BUFFER = 256 * 1024  # bytes that are asked of an open file at a time
IN_MEMORY = 2 * 2**20  # bytes of an upload before it goes to the disk
SILENCE = 5  # seconds to wait for the storage to say something; it is asked twice
PAUSE = 10  # seconds to do without it after it said nothing
READERS = 2  # threads of a process that may wait for it: the others give out pages
TURN = 2  # seconds to wait for one of them to be done


class Line:
    """What a process knows of the way to a storage, and who may wait at its end."""

    def __init__(self):
        self.again = 0.0  # when to ask next, by the clock that only runs forward
        self.readers = BoundedSemaphore(READERS)


lines = {}  # by address


class ObjectStorage(Storage):
    """
    A folder of a bucket.

    `address` is `s3://key:secret@host/bucket` (or s3+http://), with `?region=` if
    it is not us-east-1; `base_url` is where the portal gives the files out. What is
    not there raises FileNotFoundError, as on a disk; a storage that does not answer
    or refuses raises ConnectionError. One that did not answer is asked by one thread
    again and again, not by all: they have pages to give out. For the same reason only
    some of them wait for what visitors read, before anybody knows that it is silent.
    """

    def __init__(self, address, folder, base_url=None):
        self.address, self.folder, self.base_url = address, folder, base_url
        # Threads that begin at once may make a storage each.
        self.line = lines.setdefault(address, Line())

    @cached_property
    def objects(self):
        """The storage of django-storages that talks to the server."""
        from boto3.s3.transfer import TransferConfig
        from botocore.config import Config
        from storages.backends.s3 import S3Storage

        parts = urlsplit(self.address)
        scheme = "http" if parts.scheme == "s3+http" else "https"
        region = parse_qs(parts.query).get("region", ["us-east-1"])[0]
        return S3Storage(
            access_key=unquote(parts.username or "") or None,
            secret_key=unquote(parts.password or "") or None,
            bucket_name=parts.path.strip("/"),
            endpoint_url=f"{scheme}://{parts.netloc.rpartition('@')[2]}",
            region_name=region,
            location=self.folder,
            max_memory_size=IN_MEMORY,
            transfer_config=TransferConfig(use_threads=False),
            client_config=Config(
                signature_version="s3v4",
                s3={"addressing_style": "path"},  # what is not Amazon's knows this
                connect_timeout=3,
                read_timeout=SILENCE,
                retries={"mode": "standard", "total_max_attempts": 2},
                # Not every storage knows the newer checksums.
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
            ),
        )

    @contextmanager
    def asking(self, name=""):
        """Give the storage, and tell what goes wrong as a disk would."""
        from boto3.exceptions import Boto3Error
        from botocore.exceptions import (
            BotoCoreError,
            ClientError,
            ConnectionError,
            HTTPClientError,
        )

        before = self.line.again
        if before:
            if time.monotonic() < before:
                raise away("it did not answer just now")
            self.line.again = time.monotonic() + PAUSE
        try:
            yield self.objects
            self.line.again = 0.0
        except SuspiciousOperation as error:
            raise SuspiciousFileOperation(name) from error
        except (Boto3Error, BotoCoreError, ClientError) as error:
            silent = isinstance(error, ConnectionError | HTTPClientError)
            self.line.again = time.monotonic() + PAUSE if silent else 0.0
            answer = error.response if isinstance(error, ClientError) else {}
            status = answer.get("ResponseMetadata", {}).get("HTTPStatusCode")
            code = answer.get("Error", {}).get("Code")
            if status == 404 and code != "NoSuchBucket":
                raise FileNotFoundError(name) from error
            raise away(error) from error

    @contextmanager
    def reading(self, name):
        """Give the storage to one of the few who may wait for it at a time."""
        if time.monotonic() < self.line.again:
            raise away("it did not answer just now")
        if not self.line.readers.acquire(timeout=TURN):
            self.line.again = time.monotonic() + PAUSE
            raise away("it keeps others waiting")
        try:
            with self.asking(name) as objects:
                yield objects
        finally:
            self.line.readers.release()

    def _open(self, name, mode="rb"):
        if mode != "rb":
            raise ValueError("Files here are written by save().")
        raw = Remote(self, name, self.size(name))
        return File(io.BufferedReader(raw, BUFFER), name)

    def _save(self, name, content):
        with self.asking(name) as objects:
            return objects.save(name, content)

    def get_available_name(self, name, max_length=None):
        return name  # after a hash of the content, or of a release: the same again

    def delete(self, name):
        with self.asking(name) as objects:
            objects.delete(name)

    def exists(self, name):
        with self.reading(name) as objects:
            return objects.exists(name)

    def listdir(self, path):
        with self.asking(path) as objects:
            return objects.listdir(path)

    def size(self, name):
        with self.reading(name) as objects:
            return objects.size(name)

    def get_modified_time(self, name):
        with self.reading(name) as objects:
            return objects.get_modified_time(name)

    def url(self, name):
        if self.base_url is None:
            raise ValueError("This file is not accessible via a URL.")
        return urljoin(self.base_url, filepath_to_uri(name))

    def stored(self):
        """Yield (name, bytes, when it was written) of all; a question a thousand."""
        with self.asking() as objects:
            client = objects.connection.meta.client
            pages = client.get_paginator("list_objects_v2").paginate(
                Bucket=objects.bucket_name, Prefix=f"{self.folder}/"
            )
            for page in pages:
                for one in page.get("Contents", ()):
                    name = one["Key"].removeprefix(f"{self.folder}/")
                    yield name, one["Size"], one["LastModified"]

    def stream(self, name, first):
        """Return the object from that byte on, as botocore's body to be read."""
        with self.reading(name) as objects:
            return objects.connection.meta.client.get_object(
                Bucket=objects.bucket_name,
                Key=f"{self.folder}/{name}",
                Range=f"bytes={first}-",
            )["Body"]


def away(why):
    return ConnectionError(f"The storage of files: {why}")


class Remote(io.RawIOBase):
    """A stored object that is read as it comes, from wherever it is asked for."""

    def __init__(self, storage, name, size):
        self.storage, self.name, self.size = storage, name, size
        self.at, self.body = 0, None

    def readable(self):
        return True

    def seekable(self):
        return True

    def tell(self):
        return self.at

    def seek(self, offset, whence=io.SEEK_SET):
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self.at, io.SEEK_END: self.size}[whence]
        if start + offset != self.at:
            self.at = start + offset
            self.let_go()
        return self.at

    def readinto(self, buffer):
        if self.at >= self.size:
            return 0
        if self.body is None:
            self.body = self.storage.stream(self.name, self.at)
        with self.storage.reading(self.name):
            data = self.body.read(len(buffer))
        buffer[: len(data)] = data
        self.at += len(data)
        return len(data)

    def let_go(self):
        if self.body is not None:
            self.body.close()
            self.body = None

    def close(self):
        self.let_go()
        super().close()
