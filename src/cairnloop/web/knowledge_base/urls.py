"""Articles and their resources, below `knowledge/`."""

from __future__ import annotations

from django.urls import include, path

from cairnloop.web.knowledge_base import archiving, articles, editor, history, preview, publication, reading

article = [
    path("", reading.article, name="article"),
    path("edit/", editor.edit, name="article-editor"),
    path("preview/", preview.of_article, name="article-preview"),
    path("saving/", editor.save, name="article-saving"),
    path("publication/", publication.show, name="article-publication"),
    path("publishing/", publication.publish, name="article-publishing"),
    path("archive/", archiving.show, name="article-archive"),
    path("archiving/", archiving.archive, name="article-archiving"),
    path("history/", history.index, name="article-history"),
    path("comparison/", history.compare, name="article-comparison"),
    path("revisions/<int:number>/", reading.revision, name="article-revision"),
    path("revisions/<int:number>/restoring/", history.restore, name="article-restoring"),
]
urlpatterns = [
    path("", articles.index, name="articles"),
    path("new/", editor.new, name="article-new"),
    path("new/preview/", preview.of_new, name="article-new-preview"),
    path("new/creation/", editor.create, name="article-creation"),
    path("<int:article_id>/", include(article)),
]
