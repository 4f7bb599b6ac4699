"""What Trailmark lets its operators do in a customer's workspace: each waits for approval unless it only looks."""
