"""Everything that ever happened at Trailmark support."""

from trailmark.seeding.staging import Story
from trailmark.seeding.stories.access import ACCESS
from trailmark.seeding.stories.billing import BILLING
from trailmark.seeding.stories.builds import BUILDS
from trailmark.seeding.stories.flaky_cache import FLAKY_CACHE
from trailmark.seeding.stories.tongues import TONGUES

STORIES: tuple[Story, ...] = (*BILLING, *BUILDS, FLAKY_CACHE, *ACCESS, *TONGUES)
