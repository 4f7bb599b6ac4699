"""The database's part of the knowledge base: published revisions never change, and live ones are an article's own.

Migrations run these statements, so they never change once released: a new version is a new pair of constants
and a new migration.
"""

FORWARD_SQL = """
CREATE FUNCTION cairnloop_revision_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
    RAISE EXCEPTION 'Revision % was published and cannot be changed.', OLD.id
        USING ERRCODE = 'integrity_constraint_violation',
              HINT = 'Save a new revision of the article and publish that.';
END
$body$;

CREATE TRIGGER cairnloop_revision_immutable BEFORE UPDATE ON cairnloop_revision
    FOR EACH ROW WHEN (OLD.published_at IS NOT NULL)
    EXECUTE FUNCTION cairnloop_revision_refuse_change();
ALTER TABLE cairnloop_revision ENABLE ALWAYS TRIGGER cairnloop_revision_immutable;

-- A live revision is one of the article's own: the pair has to exist.
ALTER TABLE cairnloop_revision ADD CONSTRAINT cl_revision_of_article UNIQUE (id, article_id);
ALTER TABLE cairnloop_article ADD CONSTRAINT cl_article_live_revision_is_own
    FOREIGN KEY (live_revision_id, id) REFERENCES cairnloop_revision (id, article_id) DEFERRABLE INITIALLY DEFERRED;
"""

REVERSE_SQL = """
ALTER TABLE cairnloop_article DROP CONSTRAINT cl_article_live_revision_is_own;
ALTER TABLE cairnloop_revision DROP CONSTRAINT cl_revision_of_article;
DROP TRIGGER cairnloop_revision_immutable ON cairnloop_revision;
DROP FUNCTION cairnloop_revision_refuse_change();
"""
