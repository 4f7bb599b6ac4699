"""The database's part of the audit trail: it chains what is inserted and refuses everything else.

Migrations run these statements, so they never change once released: a new version is a new pair of constants
and a new migration. Column names must match the models and the formula must match `chaining.link_hash`.
"""

TABLES = ("cairnloop_auditentry", "cairnloop_auditseal")
TRUNCATE_GUARD = "cairnloop_audit_refuse_truncate"

FORWARD_SQL = """
CREATE FUNCTION cairnloop_audit_chain_entry() RETURNS trigger LANGUAGE plpgsql VOLATILE AS $body$
DECLARE
    last_position bigint;
    last_hash text;
BEGIN
    -- Writers of one stream take turns until they commit; writers of different streams never meet.
    PERFORM pg_advisory_xact_lock(hashtextextended(NEW.stream, TG_RELID::bigint));
    -- A statement of its own, so that its snapshot holds whatever was committed while this one waited.
    EXECUTE format(
        'SELECT position, hash FROM %I.%I WHERE stream = $1 ORDER BY position DESC LIMIT 1',
        TG_TABLE_SCHEMA, TG_TABLE_NAME
    ) INTO last_position, last_hash USING NEW.stream;
    NEW.position := coalesce(last_position, 0) + 1;
    NEW.previous_hash := coalesce(last_hash, repeat('0', 64));
    NEW.hash := encode(sha256(convert_to(
        'cairnloop.audit.link.v1' || E'\\n' || NEW.position || E'\\n' || NEW.previous_hash || E'\\n'
        || NEW.digest || E'\\n' || NEW.stream, 'UTF8')), 'hex');
    RETURN NEW;
END
$body$;

CREATE FUNCTION cairnloop_audit_chain_seal() RETURNS trigger LANGUAGE plpgsql VOLATILE AS $body$
DECLARE
    last_number bigint;
    last_hash text;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('seals', TG_RELID::bigint));
    EXECUTE format(
        'SELECT number, hash FROM %I.%I ORDER BY number DESC LIMIT 1', TG_TABLE_SCHEMA, TG_TABLE_NAME
    ) INTO last_number, last_hash;
    NEW.number := coalesce(last_number, 0) + 1;
    NEW.previous_hash := coalesce(last_hash, repeat('0', 64));
    NEW.hash := encode(sha256(convert_to(
        'cairnloop.audit.link.v1' || E'\\n' || NEW.number || E'\\n' || NEW.previous_hash || E'\\n'
        || NEW.digest || E'\\n' || 'seals', 'UTF8')), 'hex');
    RETURN NEW;
END
$body$;

CREATE FUNCTION cairnloop_audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
    RAISE EXCEPTION '% of % was refused: the audit trail is append-only.', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation',
              HINT = 'Record a further entry that says what is different now.';
END
$body$;

CREATE TRIGGER cairnloop_audit_chain BEFORE INSERT ON cairnloop_auditentry
    FOR EACH ROW EXECUTE FUNCTION cairnloop_audit_chain_entry();
CREATE TRIGGER cairnloop_audit_chain BEFORE INSERT ON cairnloop_auditseal
    FOR EACH ROW EXECUTE FUNCTION cairnloop_audit_chain_seal();

CREATE TRIGGER cairnloop_audit_refuse_change BEFORE UPDATE OR DELETE ON cairnloop_auditentry
    FOR EACH ROW EXECUTE FUNCTION cairnloop_audit_refuse();
CREATE TRIGGER cairnloop_audit_refuse_change BEFORE UPDATE OR DELETE ON cairnloop_auditseal
    FOR EACH ROW EXECUTE FUNCTION cairnloop_audit_refuse();
CREATE TRIGGER cairnloop_audit_refuse_truncate BEFORE TRUNCATE ON cairnloop_auditentry
    FOR EACH STATEMENT EXECUTE FUNCTION cairnloop_audit_refuse();
CREATE TRIGGER cairnloop_audit_refuse_truncate BEFORE TRUNCATE ON cairnloop_auditseal
    FOR EACH STATEMENT EXECUTE FUNCTION cairnloop_audit_refuse();

-- Refusals also hold where session_replication_role silences ordinary triggers.
ALTER TABLE cairnloop_auditentry ENABLE ALWAYS TRIGGER cairnloop_audit_refuse_change;
ALTER TABLE cairnloop_auditseal ENABLE ALWAYS TRIGGER cairnloop_audit_refuse_change;
ALTER TABLE cairnloop_auditentry ENABLE ALWAYS TRIGGER cairnloop_audit_refuse_truncate;
ALTER TABLE cairnloop_auditseal ENABLE ALWAYS TRIGGER cairnloop_audit_refuse_truncate;
"""

REVERSE_SQL = """
DROP TRIGGER cairnloop_audit_chain ON cairnloop_auditentry;
DROP TRIGGER cairnloop_audit_chain ON cairnloop_auditseal;
DROP TRIGGER cairnloop_audit_refuse_change ON cairnloop_auditentry;
DROP TRIGGER cairnloop_audit_refuse_change ON cairnloop_auditseal;
DROP TRIGGER cairnloop_audit_refuse_truncate ON cairnloop_auditentry;
DROP TRIGGER cairnloop_audit_refuse_truncate ON cairnloop_auditseal;
DROP FUNCTION cairnloop_audit_chain_entry();
DROP FUNCTION cairnloop_audit_chain_seal();
DROP FUNCTION cairnloop_audit_refuse();
"""
