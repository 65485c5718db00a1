"""Bytes that are the same for everyone: compressed once, served with an ETag."""

import gzip
import hashlib

import brotli
from starlette.requests import Request
from starlette.responses import Response


class Encoded:
    """One body in brotli, gzip and plain, and its media type."""

    def __init__(self, body: bytes, media_type: str) -> None:
        self.media_type = media_type
        self.etag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
        self._bodies = {
            "br": brotli.compress(body, quality=11),
            "gzip": gzip.compress(body, 9, mtime=0),
            "": body,
        }

    def respond(self, request: Request, *, cache_control: str, vary: str) -> Response:
        """The body in the best encoding that the client takes, or 304 when it has it already."""
        headers = {"etag": self.etag, "cache-control": cache_control, "vary": vary}
        if self.etag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        encoding = best_encoding(request)
        if encoding:
            headers["content-encoding"] = encoding
        return Response(self._bodies[encoding], headers=headers, media_type=self.media_type)


def best_encoding(request: Request) -> str:
    """`br`, `gzip`, or an empty string for none."""
    offered = {
        part.split(";")[0].strip()
        for part in request.headers.get("accept-encoding", "").split(",")
        if not part.replace(" ", "").endswith((";q=0", ";q=0.0"))
    }
    return next((encoding for encoding in ("br", "gzip") if encoding in offered), "")


def compressed(request: Request, body: bytes) -> tuple[bytes, dict[str, str]]:
    """A body made for this request, compressed quickly, with the headers that say so."""
    encoding = best_encoding(request)
    if len(body) < 200 or not encoding:
        return body, {}
    if encoding == "br":
        return brotli.compress(body, quality=5), {"content-encoding": "br"}
    return gzip.compress(body, 6, mtime=0), {"content-encoding": "gzip"}
