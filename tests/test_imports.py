"""Imports point one way (DESIGN §2): read from the source of every module."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LEAVES = {"rules", "texts", "settings", "logs", "systemd", "troubles"}
BELOW = {"mail", "security", "roster", "db"}
MAY: dict[str, set[str]] = {
    "app": {"routes", "forms", "web", "members", *BELOW},
    "manage": {"commands", "routes", "forms", "web", "members", *BELOW, "tools"},
    "tools": {"app", "manage", "commands", "routes", "forms", "web", "members", *BELOW},
    "routes": {"forms", "web", "members", *BELOW},
    "web": {"forms", "members", *BELOW},
    "forms": set(),
    "members": BELOW,
    "upkeep": {"members", "mail", "security", "db"},
    "commands": {"web", "members", "upkeep", *BELOW},
    "mail": {"security", "db"},
    "security": {"db"},
    "roster": {"db"},
    "db": set(),
    "rules": set(),
    "texts": set(),
    "settings": {"troubles"},
    "logs": set(),
    "systemd": set(),
    "troubles": set(),
}
OWN = set(MAY)
FOREIGN_TO = {
    "members": {"starlette", "jinja2", "markupsafe", "uvicorn", "click"},
    "db": {"starlette", "jinja2", "click"},
    "rules": {"starlette", "jinja2", "aiosqlite", "sqlite3"},
    "forms": {"starlette", "aiosqlite", "sqlite3"},
    "mail": {"starlette"},
    "roster": {"starlette", "jinja2", "click"},
    "upkeep": {"starlette", "jinja2", "click"},
}


def modules() -> list[Path]:
    """Every module that runs in production, and the tools of development."""
    found = [ROOT / f"{name}.py" for name in OWN if (ROOT / f"{name}.py").is_file()]
    for name in OWN:
        found += (ROOT / name).rglob("*.py")
    return sorted(found)


def imported(path: Path) -> Iterator[str]:
    """The dotted names that a module imports, at its top or inside a function."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import"
            assert node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def package_of(path: Path) -> str:
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


ALL = pytest.mark.parametrize("path", modules(), ids=lambda path: path.relative_to(ROOT).as_posix())


def test_every_package_of_ours_has_its_place() -> None:
    here = {path.parent.name for path in ROOT.glob("*/__init__.py")}
    here |= {path.stem for path in ROOT.glob("*.py")}
    assert here - {"tests", "bench"} <= OWN
    assert len(modules()) > 50


@ALL
def test_imports_point_one_way(path: Path) -> None:
    package = package_of(path)
    allowed = MAY[package] | {package} | (set() if package == "db" else LEAVES)
    if package in LEAVES:
        allowed = MAY[package] | {package}
    ours = {name.split(".")[0] for name in imported(path)} & OWN
    assert ours <= allowed


@ALL
def test_no_package_knows_what_is_foreign_to_it(path: Path) -> None:
    found = {name.split(".")[0] for name in imported(path)}
    assert not found & FOREIGN_TO.get(package_of(path), set())


@pytest.mark.parametrize(
    "path",
    [path for path in modules() if package_of(path) == "routes" and path.stem != "__init__"],
    ids=lambda path: path.stem,
)
def test_routes_never_import_each_other(path: Path) -> None:
    assert not [name for name in imported(path) if name.split(".")[0] == "routes"]


def test_only_the_table_and_the_application_know_the_routes() -> None:
    for path in modules():
        if package_of(path) != "routes":
            assert "routes" not in {name.split(".")[0] for name in imported(path)} or (
                path.name in ("app.py", "manage.py")
            ), path


def test_sql_lives_in_db_alone() -> None:
    for path in modules():
        if package_of(path) in ("db", "tools"):
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                start = node.value.split(None, 1)[:1]
                assert start not in (["SELECT"], ["INSERT"], ["UPDATE"], ["DELETE"]), path


def test_only_settings_reads_the_environment() -> None:
    for path in modules():
        if package_of(path) in ("settings", "systemd", "tools"):
            continue
        for name in imported(path):
            assert not name.startswith(("os.environ", "os.getenv", "starlette.config")), path
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            assert not (isinstance(node, ast.Attribute) and node.attr in ("environ", "getenv")), (
                path
            )


def test_only_the_web_knows_htmx_headers() -> None:
    for path in modules():
        if package_of(path) not in ("web", "tools"):
            assert "hx-" not in path.read_text("utf-8").lower(), path
