"""The database's part of gap events: what was recorded stays as it was until it is deleted.

Migrations run these statements, so they never change once released: a new version is a new pair of constants
and a new migration.
"""

FORWARD_SQL = """
CREATE FUNCTION cairnloop_gap_event_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
    RAISE EXCEPTION 'Gap event % is not changed once it was recorded.', OLD.id
        USING ERRCODE = 'integrity_constraint_violation', HINT = 'Record a further event.';
END
$body$;

-- Only the link to a conversation may go, when the conversation goes.
CREATE TRIGGER cairnloop_gap_event_immutable BEFORE UPDATE ON cairnloop_gapevent
    FOR EACH ROW WHEN (
        NEW.conversation_id IS NOT NULL AND NEW.conversation_id IS DISTINCT FROM OLD.conversation_id
        OR to_jsonb(NEW) - 'conversation_id' IS DISTINCT FROM to_jsonb(OLD) - 'conversation_id'
    )
    EXECUTE FUNCTION cairnloop_gap_event_refuse_change();
"""

REVERSE_SQL = """
DROP TRIGGER cairnloop_gap_event_immutable ON cairnloop_gapevent;
DROP FUNCTION cairnloop_gap_event_refuse_change();
"""
