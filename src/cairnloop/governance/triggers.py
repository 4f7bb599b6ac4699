"""What the database does while an effect is watched: it tells every row a statement inserts, changes or deletes.

The migration runs these statements, so they never change once released. See docs/decisions/0013-previews.md.
"""

FUNCTION = "cairnloop_tell_effect"
TRIGGER = "00_cairnloop_effect"
"""Triggers fire by the order of their names. One of the host that changes the same row comes after this one, so that
changes are told in the order they happen."""
WATCHING = "cairnloop.effect_watching"
"""How many changes are kept; empty while nobody watches."""
TABLES = "cairnloop.effect_tables"
"""The tables that are watched, each between commas."""
TOLD = "cairnloop.effect_told"
COUNT = "cairnloop.effect_count"

FORWARD_SQL = """
CREATE FUNCTION cairnloop_tell_effect() RETURNS trigger LANGUAGE plpgsql VOLATILE AS $body$
DECLARE
    told bigint := coalesce(nullif(current_setting('cairnloop.effect_count', true), ''), '0')::bigint + 1;
    line text;
    -- Another schema may have a table of the same name.
    named text := CASE WHEN pg_table_is_visible(TG_RELID) THEN '' ELSE TG_TABLE_SCHEMA || '.' END || TG_TABLE_NAME;
BEGIN
    -- Another tool may write here; this one's effect is elsewhere.
    IF position(',' || named || ',' IN current_setting('cairnloop.effect_tables')) = 0 THEN
        RETURN NULL;
    END IF;
    PERFORM set_config('cairnloop.effect_count', told::text, true);
    -- The setting holds how many are kept: whoever reads it refuses an effect of more.
    IF told > current_setting('cairnloop.effect_watching')::bigint THEN
        RETURN NULL;
    END IF;
    line := jsonb_build_object(
        'table', named,
        'doing', lower(TG_OP),
        'before', CASE WHEN TG_OP = 'INSERT' THEN NULL ELSE to_jsonb(OLD) END,
        'after', CASE WHEN TG_OP = 'DELETE' THEN NULL ELSE to_jsonb(NEW) END
    )::text;
    PERFORM set_config(
        'cairnloop.effect_told', coalesce(current_setting('cairnloop.effect_told', true), '') || line || E'\\n', true
    );
    RETURN NULL;
END
$body$;
"""

REVERSE_SQL = "DROP FUNCTION cairnloop_tell_effect() CASCADE;"

INSTALL_SQL = """
CREATE TRIGGER "00_cairnloop_effect" AFTER INSERT OR UPDATE OR DELETE ON {table} FOR EACH ROW
WHEN (coalesce(current_setting('cairnloop.effect_watching', true), '') <> '')
EXECUTE FUNCTION cairnloop_tell_effect();
"""
