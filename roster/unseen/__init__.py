"""What the library that reads workbooks keeps to itself: hidden rows, errors, passwords, 1904."""

from typing import BinaryIO
from zipfile import ZipFile

from roster.unseen.marks import Book, Foreign
from roster.unseen.ods import OdsBook
from roster.unseen.xls import XlsBook
from roster.unseen.xlsx import XlsxBook


def open_book(file: BinaryIO) -> Book:
    """The workbook in this file. Raises `Locked`, `Foreign`, or what a damaged one raises."""
    start = file.read(4)
    file.seek(0)
    if start != b"PK\x03\x04":
        return XlsBook(file)
    archive = ZipFile(file)
    names = set(archive.namelist())
    if "_rels/.rels" in names:
        return XlsxBook(archive)
    if {"mimetype", "content.xml"} <= names:
        return OdsBook(archive)
    raise Foreign
