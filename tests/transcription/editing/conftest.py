from __future__ import annotations

from collections.abc import Callable

import pytest

from accounts.models import User
from organizations.models import Organization
from tests.api_client import ApiClient
from tests.transcription.editing.talks import Editor, make_talk
from transcription.models import Transcript


@pytest.fixture
def transcript(organization: Organization) -> Transcript:
    return make_talk(organization)


@pytest.fixture
def editor(api: Callable[..., ApiClient], bob: User, transcript: Transcript) -> Editor:
    return Editor(api(bob), transcript)
