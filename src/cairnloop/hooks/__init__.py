"""What a host may implement: protocols with safe defaults. Hooks are synchronous, take keywords, and get values."""

from cairnloop.hooks.loading import HOOKS, HookSpec, load_hook

__all__ = ["HOOKS", "HookSpec", "load_hook"]
