"""What every page of an organization shares; it lives where the doors are."""

from __future__ import annotations

from organizations.pages import PAGE_ROWS, PageRequest, View, attempt, came_from, page, page_of, wants_part

__all__ = ["PAGE_ROWS", "PageRequest", "View", "attempt", "came_from", "page", "page_of", "wants_part"]
