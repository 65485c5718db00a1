"""What the portal is compared with: the least that Starlette can do for the same job.

`/same` answers the bytes of the portal's own first page; `/page` renders a Jinja page as large as
the members' section; `/check` is a live check as one would write it by hand; `/ideal` is the
ideal sign-up page. `BENCH_SAME` and `BENCH_SIZE` give the file and the size.
"""

import os
import re
from pathlib import Path

import brotli
import click
import uvicorn
from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route
from starlette.templating import Jinja2Templates

HERE = Path(__file__).parent
HTMX = HERE.parent / "static" / "htmx.min.js"
SHEET = HERE.parent / "static" / "portal.css"
MATRICULE = re.compile("[0-9]{5}")
MENU = (
    ("/membre/courriel", "Afficher ou modifier votre adresse courriel"),
    ("/membre/mot-de-passe", "Afficher ou modifier votre mot de passe"),
    ("/membre/mes-renseignements", "Voir ce que le portail garde sur vous"),
)

templates = Jinja2Templates(
    env=Environment(loader=FileSystemLoader(HERE / "templates"), autoescape=True, auto_reload=False)
)


def _of_size(size: int) -> Markup:
    values = {"member": "Louise Côté", "matricule": "00002", "menu": MENU, "sheet": ""}
    missing = size - len(templates.get_template("page.html").render(values).encode())
    # Of the portal's own sheet, so that compressing it is as much work.
    css = re.sub(r"[^ -~]|\s+", " ", SHEET.read_text("utf-8"))
    return Markup((css * (missing // len(css) + 1))[:missing])


same = Path(os.environ["BENCH_SAME"]).read_bytes() if "BENCH_SAME" in os.environ else b""
sheet = _of_size(int(os.environ.get("BENCH_SIZE", "5000")))
ideal = brotli.compress((HERE / "templates" / "ideal.html").read_bytes(), quality=11)
htmx = brotli.compress(HTMX.read_bytes(), quality=11)


async def home(request: Request) -> Response:
    return Response("ok")


async def same_bytes(request: Request) -> Response:
    return HTMLResponse(same, headers={"content-encoding": "br"})


async def page(request: Request) -> Response:
    return templates.TemplateResponse(
        request,
        "page.html",
        {"member": "Louise Côté", "matricule": "00002", "menu": MENU, "sheet": sheet},
    )


async def check(request: Request) -> Response:
    form = await request.form()
    matricule = form.get("matricule")
    right = isinstance(matricule, str) and MATRICULE.fullmatch(matricule) is not None
    return templates.TemplateResponse(
        request,
        "check.html",
        {"right": right, "zeros": str(matricule).zfill(5)},
        status_code=200 if right else 422,
    )


async def ideal_page(request: Request) -> Response:
    return HTMLResponse(ideal, headers={"content-encoding": "br"})


async def script(request: Request) -> Response:
    return Response(htmx, headers={"content-encoding": "br"}, media_type="text/javascript")


app = Starlette(
    routes=[
        Route("/", home),
        Route("/same", same_bytes),
        # Starlette's own way to compress a page, at the portal's level.
        Route("/page", page, middleware=[Middleware(GZipMiddleware, compresslevel=6)]),
        Route("/check", check, methods=["POST"]),
        Route("/ideal", ideal_page),
        Route("/htmx.js", script),
    ]
)


@click.command()
@click.option("--port", type=int, required=True)
def serve(port: int) -> None:
    """Serve with the options of `manage.py serve`."""
    uvicorn.run(
        app,
        host="127.0.0.1",
        port=port,
        proxy_headers=False,
        access_log=False,
        server_header=False,
        timeout_keep_alive=15,
    )


if __name__ == "__main__":
    serve()
