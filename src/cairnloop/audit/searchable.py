"""The database's part of searching the trail: which words an entry holds.

A migration runs these statements, so they never change once released.
"""

# Not the parser of to_tsvector: it reads "order-42" as a negative number, and "a.b" as the name of a host. Here
# each run of letters and digits is a word, and so is whatever stands between two spaces: "order-42" is found by
# "order", by "42", and at once as the rare word it is. The cost is what makes PostgreSQL look words up in their
# index instead of computing them for each row on its way.
FORWARD_SQL = """
CREATE FUNCTION cairnloop_entry_words(action text, actor_ref text, stream text, reason text, evidence jsonb)
RETURNS tsvector LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 1000 AS $body$
DECLARE
    said text := lower(action || ' ' || actor_ref || ' ' || stream || ' ' || reason || ' '
        || translate(jsonb_path_query_array(evidence, '$.*[*]')::text, '[]",', '    '));
BEGIN
    RETURN array_to_tsvector(array_remove(
        regexp_split_to_array(said, '[^[:alnum:]]+') || regexp_split_to_array(said, '[[:space:]]+'), ''));
END
$body$;
"""

REVERSE_SQL = """
DROP FUNCTION cairnloop_entry_words(text, text, text, text, jsonb);
"""
