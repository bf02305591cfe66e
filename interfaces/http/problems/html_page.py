"""An HTML page of a sentence and a form, for people who come without our own pages."""

from html import escape

from litestar import MediaType, Response

PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>Annals</title>
<style>body {{ font: 1.1rem/1.5 system-ui, sans-serif; max-width: 32rem; margin: 4rem auto;
padding: 0 1rem }} button, input {{ font: inherit; padding: .4rem 1.2rem }}
label, input {{ display: block; margin: .5rem 0 }}</style>
</head>
<body>
<p>{words}</p>
{form}
</body>
</html>
"""
FORM = '<form method="post">{fields}<button>{label}</button></form>'
POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none';"
    " frame-ancestors 'none'"
)


def page(
    words: str, label: str | None = None, *, fields: str = "", status: int = 200
) -> Response[str]:
    """Return a page with a sentence and, with a `label`, a form with that button.

    `fields` are the inputs of the form, as HTML.
    """
    form = FORM.format(label=escape(label), fields=fields) if label else ""
    return Response(
        PAGE.format(words=escape(words), form=form),
        status_code=status,
        media_type=MediaType.HTML,
        headers={"Content-Security-Policy": POLICY, "Cache-Control": "no-store"},
    )
