"""Options that say where the report of an evaluation goes."""

from __future__ import annotations

import argparse

from ..metrics.report_files import prepare_folder


def add_report_options(parser: argparse.ArgumentParser) -> None:
    """Adds the options."""
    add = parser.add_argument
    add("--report", metavar="DIR", help="write a page with charts, JSON and CSV there")
    add("--force", action="store_true", help="replace an older report")


def check_report_folder(options: argparse.Namespace) -> None:
    """Refuses a folder that is not empty: before the work, not after.

    Raises:
        OSError: the report cannot go there.
    """
    if options.report is not None:
        prepare_folder(options.report, force=options.force)
