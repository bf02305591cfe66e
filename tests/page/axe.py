"""What axe-core finds wrong with the accessibility of a page."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from tests.page.browser import evaluate
from tests.support.npm import modules

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@cache
def _source() -> str:
    return (modules(Path(__file__).parent) / "node_modules/axe-core/axe.min.js").read_text()


# A browser lays out a part of a long list when it comes near: until then its rows lie anywhere.
_LAY_OUT = """for (const part of document.querySelectorAll(".rows"))
    part.style.contentVisibility = "visible";"""


def violations(page: Page) -> list[str]:
    """Each violated rule, with what violates it."""
    evaluate(page, f"{_source()}; {_LAY_OUT} 0")
    options = {"runOnly": {"type": "tag", "values": RULES}, "resultTypes": ["violations"]}
    found: list[dict[str, Any]] = evaluate(
        page, f"axe.run(document, {json.dumps(options)}).then((found) => found.violations)"
    )
    return [
        f"{each['id']}: {node['html'][:160]} {node.get('failureSummary', '')[:300]} {_beside(node)}"
        for each in found
        for node in each["nodes"][:3]
    ]


def _beside(node: dict[str, Any]) -> list[str]:
    """What else is part of a violation."""
    return [each["html"][:120] for check in node["any"] for each in check["relatedNodes"][:3]]
