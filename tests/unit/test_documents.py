"""Documents become text and values; hostile ones end, with a reason."""

from __future__ import annotations

import contextlib
import io
import time
import zipfile
from email.message import EmailMessage

import pytest
from fpdf import FPDF
from fpdf.enums import AccessPermission
from pypdf import PdfWriter
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

from hub.intake.documents import child
from hub.intake.documents.joining import joined
from hub.intake.documents.kinds import Document, Unreadable, kind_of
from hub.intake.documents.parse import Limits
from hub.intake.documents.values import Values, values_of

SHA256 = "275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f"
SHA1 = "3395856ce81f2b7382dee72602f798b642f14140"
MD5 = "44d88612fea8a8f36de82e1278abb02f"
SMALL = Limits(cpu_s=2, seconds=8)


def pdf(*pages: str, **options: str) -> bytes:
    made = FPDF()
    for text in pages:
        made.add_page()
        made.set_font("Helvetica", size=11)
        made.multi_cell(0, 6, text)
    if password := options.get("password"):
        made.set_encryption("owner", password, permissions=AccessPermission.none())
    return bytes(made.output())


def raw_pdf(content: bytes) -> bytes:
    """A PDF of one page with these drawing operators, packed."""
    writer = PdfWriter()
    page = writer.add_blank_page(200, 200)
    stream = DecodedStreamObject()
    stream.set_data(content)
    page[NameObject("/Contents")] = writer._add_object(stream.flate_encode())
    font = {"/Type": "/Font", "/Subtype": "/Type1", "/BaseFont": "/Helvetica"}
    named = DictionaryObject({NameObject(k): NameObject(v) for k, v in font.items()})
    fonts = DictionaryObject({NameObject("/F1"): named})
    page[NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): fonts})
    made = io.BytesIO()
    writer.write(made)
    return made.getvalue()


def archive(**members: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, raw in members.items():
            packed.writestr(name.replace("__", "."), raw)
    return made.getvalue()


def mail(text: str, *attached: tuple[str, bytes], subject: str = "Cảnh báo số 7") -> bytes:
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = "SOC <soc@cert.example>", "hub@a.example", subject
    made["Message-ID"], made["Date"] = "<7@cert.example>", "Mon, 02 Nov 2026 10:00:00 +0700"
    made.set_content(text)
    for name, raw in attached:
        made.add_attachment(raw, maintype="application", subtype="octet-stream", filename=name)
    return made.as_bytes()


def read(document: Document, limits: Limits = Limits()) -> Values | str:  # noqa: B008
    """What is in it, or why that is not known."""
    try:
        return values_of(document, limits=limits)
    except Unreadable as error:
        return error.reason


def kept(values: Values) -> set[str]:
    return {item.value for item in values.items if item.keep}


def reasons(values: Values) -> list[tuple[str, str]]:
    return [(left.given, left.detail) for left in values.left if left.reason == "attachment"]


def test_a_pdf_gives_its_values_whole() -> None:
    text = f"Advisory 12\nSHA-256: {SHA256[:32]}\n{SHA256[32:]}\nC2 hxxps://xau[.]vn/long-path/\nmore/x.php?id=1"
    values = values_of(Document(pdf(text, "second page: evil[.]\ncom")))
    assert values.title == "Advisory 12"
    assert kept(values) == {SHA256, "https://xau.vn/long-path/more/x.php?id=1", "evil.com"}
    assert "second page" in values.text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"{SHA1[:30]}\n{SHA1[30:]}", SHA1),
        (f"{SHA256[:20]}-\n{SHA256[20:50]}\n{SHA256[50:]}, x", f"{SHA256}, x"),
        (f"{MD5}\n{MD5[::-1]}", f"{MD5}\n{MD5[::-1]}"),
        (f"{SHA1}\n{SHA256[40:]}", f"{SHA1}{SHA256[40:]}"),
        (f"SHA256 {SHA256[:32]}\n{SHA256[32:]}", f"SHA256 {SHA256}"),
        ("hxxp://evil[.]com/a-\nb.php and", "hxxp://evil[.]com/a-b.php and"),
        ("http://evil.com/\nThe next sentence", "http://evil.com/\nThe next sentence"),
        ("see evil[.]\ncom", "see evil[.]com"),
        ("see evil\n[.]com", "see evil[.]com"),
        ("exam\u00ad\nple.com", "example.com"),
        ("a beef\n12 cafe", "a beef\n12 cafe"),
    ],
)
def test_broken_values_are_joined_and_nothing_else(text: str, expected: str) -> None:
    assert joined(text) == expected


def test_a_long_page_of_digits_is_joined_in_time() -> None:
    assert joined("abcdef12\n" * 50_000)


def test_a_page_gives_what_is_seen_and_where_links_lead() -> None:
    page = """<html><head><title>x</title><style>.a{}</style></head><body><h1>Cảnh báo</h1>
    <script>var a = "http://script.com/x"</script><p style="display: none">hidden.com</p>
    <p hidden>hidden2.com</p><input type=hidden value="hidden3.com"><!-- comment.com -->
    <a href="http://evil.com/the/full/path">hxxp://evil[.]com/the/fu...</a>
    <a href="https://reference.com/post">our post</a> and https://whole.com/post
    xau<wbr>[.]vn<table><tr><td>203.0.114.7</td><td>203.0.114.8</td></tr></table></body></html>"""
    values = values_of(Document(page.encode(), media_type="text/html", charset="utf-8"))
    assert values.title == "Cảnh báo"
    seen = {item.value: item.concerns for item in values.items}
    assert not [name for name in seen if "hidden" in name or "script" in name or "comment" in name]
    assert {"http://evil.com/the/full/path", "xau.vn", "203.0.114.7", "203.0.114.8"} <= kept(
        values
    )
    assert seen["https://reference.com/post"] == seen["https://whole.com/post"] == ("weak",)


def test_a_text_that_defangs_nothing_means_its_addresses() -> None:
    assert kept(values_of(Document(b"C2 http://evil.com/x"))) == {"http://evil.com/x"}
    both = values_of(Document(b"http://evil.com/x is hxxp://evil[.]com/x, see http://blog.com/y"))
    assert kept(both) == {"http://evil.com/x"}


def test_a_mail_with_all_that_is_attached() -> None:
    inner = mail("inner hxxp://inner[.]com/x", subject="inner")
    packed = archive(list__csv=b"ip,comment\n203.0.114.9,c2\n203.0.114.10,c2\n", deep__eml=inner)
    raw = mail(
        "C2: evil[.]com",
        ("a.pdf", pdf("in pdf: pdf[.]com")),
        ("b.zip", packed),
        ("c.exe", b"MZ\0" * 99),
    )
    values = values_of(Document(raw))
    assert values.title == "Cảnh báo số 7"
    assert kept(values) == {
        "evil.com",
        "pdf.com",
        "203.0.114.9",
        "203.0.114.10",
        "http://inner.com/x",
    }
    assert reasons(values) == [("c.exe", "files of this kind are not read")]


def test_stix_and_misp_files_that_are_attached() -> None:
    obj = (
        b'{"type":"indicator","spec_version":"2.1","id":"indicator--0f7b1c6e-6d6a-4f4e-8d5b-2b1d3c4e5f60",'
        b'"created":"2026-01-01T00:00:00.000Z","modified":"2026-01-01T00:00:00.000Z",'
        b'"pattern":"[domain-name:value = \'x.com\']","pattern_type":"stix","valid_from":"2026-01-01T00:00:00Z"}'
    )
    misp = b'{"Event":{"info":"m","Attribute":[{"type":"domain","value":"misp.com"}]}}'
    bundle = b'{"type":"bundle","id":"bundle--1","objects":[%b]}' % obj
    values = values_of(Document(mail("see files", ("s.json", bundle), ("m.json", misp))))
    assert [item.raw.encode() for item in values.stix] == [obj]
    assert kept(values) == {"misp.com"}


@pytest.mark.parametrize(
    ("raw", "name", "reason"),
    [
        (b"", "", "there is nothing in it"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 99, "a.png", "files of this kind are not read"),
        (b"%PDF-1.7\n" + b"\xff" * 99, "a.pdf", "the PDF is broken and cannot be read"),
        (pdf("locked", password="x"), "a.pdf", "the PDF has a password"),
        (b"PK\x03\x04" + b"\0" * 50, "a.zip", "the archive is broken and cannot be read"),
        (archive(**{"[Content_Types]__xml": b"x"}), "a.docx", "office"),
    ],
)
def test_what_cannot_be_read_has_a_reason(raw: bytes, name: str, reason: str) -> None:
    assert reason in str(read(Document(raw, name)))


def test_a_pdf_of_pictures_says_so() -> None:
    with pytest.raises(Unreadable, match="pictures"):
        values_of(Document(raw_pdf(b"q Q")))


def test_half_a_pdf_gives_what_is_left_of_it_or_a_reason() -> None:
    whole = pdf("evil[.]com", "xau[.]vn")
    for part in (0.2, 0.5, 0.8, 0.97):
        found = read(Document(whole[: int(len(whole) * part)]))
        assert "PDF" in found if isinstance(found, str) else kept(found) <= {"evil.com", "xau.vn"}


def test_a_pdf_that_never_ends_is_ended() -> None:
    raw = raw_pdf(b"BT /F1 12 Tf " + b"(evil) Tj 1 0 0 1 5 5 Tm " * 400_000 + b"ET")
    assert len(raw) < 500_000
    with pytest.raises(Unreadable, match=r"within 2 s|longer"):
        values_of(Document(raw), limits=SMALL)


def test_a_pdf_that_takes_all_memory_is_ended() -> None:
    raw = raw_pdf(b"(" + b"A" * 70_000_000 + b") Tj")
    with pytest.raises(Unreadable):
        values_of(Document(raw), limits=Limits(2, cpu_s=5, memory_bytes=250_000_000))


def test_only_so_many_pages_are_read() -> None:
    values = values_of(
        Document(pdf("one[.]com", "two[.]com", "three[.]com")), limits=Limits(pages=2)
    )
    assert kept(values) == {"one.com", "two.com"}
    assert reasons(values) == [("PDF", "only 2 of 3 pages of the PDF were read")]


def test_a_page_that_is_nested_for_ever_ends() -> None:
    raw = b"<div>" * 200_000 + b"evil[.]com"
    found = read(Document(raw, "a.html"), SMALL)
    ended = ("it cannot be read within", "it takes longer than")
    assert found.startswith(ended) if isinstance(found, str) else kept(found) == {"evil.com"}


@pytest.mark.parametrize("raw", [b"<!--" * 900, b"<a " * 1_200, b"<![CDATA[" * 400])
@pytest.mark.slow
def test_a_page_keeps_nobody_busy(raw: bytes) -> None:
    small = b"<html>" + raw
    assert len(small) <= child.SMALL_PAGE
    begun = time.process_time()
    with contextlib.suppress(Unreadable):
        values_of(Document(small, "a.html"))
    assert time.process_time() - begun < 60
    begun = time.monotonic()
    with contextlib.suppress(Unreadable):
        values_of(Document(small * 200, "a.html"), limits=SMALL)
    assert time.monotonic() - begun < 120


def test_archives_have_limits() -> None:
    bomb = archive(a__txt=b"\0" * 60_000_000)
    assert len(bomb) < 100_000
    with pytest.raises(Unreadable, match="more than 49 MB"):
        values_of(Document(bomb))
    nested = b"evil[.]com"
    for _ in range(6):
        nested = archive(x__zip=nested) if nested[:2] == b"PK" else archive(x__txt=nested)
    assert reasons(values_of(Document(nested))) == [("x.zip", "it is packed more than 4 times")]
    many = archive(**{f"n{i}__txt": b"a%d[.]com" % i for i in range(210)})
    values = values_of(Document(many))
    assert len(values.items) == 200
    assert "only 200 of 210 files of the archive were read" in str(reasons(values))


def test_an_archive_with_a_password_says_so() -> None:
    raw = bytearray(archive(a__txt=b"evil[.]com"))
    # General purpose flag, bit 0, of the local and of the central header.
    raw[6] |= 1
    raw[raw.index(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(Unreadable, match="password"):
        values_of(Document(bytes(raw)))
    values = values_of(Document(mail("C2 evil[.]com", ("a.zip", bytes(raw)))))
    assert kept(values) == {"evil.com"}
    assert reasons(values) == [("a.zip", "the archive has a password")]


def test_a_mail_of_many_or_deep_parts_ends() -> None:
    head = b"From: a@b.com\nSubject: x\nMessage-ID: <1@b.com>\n"
    many = b"".join(b"--x\nContent-Type: text/plain\n\na%d[.]com\n" % i for i in range(300))
    wide = head + b"Content-Type: multipart/mixed; boundary=x\n\n" + many + b"--x--\n"
    values = values_of(Document(wide))
    assert len(values.items) == 200
    assert "100 more parts" in str(reasons(values))
    deep = head
    for i in range(3_000):
        deep += b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (i, i)
    found = read(Document(deep))
    assert "mail" in found if isinstance(found, str) else found.items == ()


@pytest.mark.parametrize(
    "field",
    [
        b"From: " + b'"' * 90_000,
        b"Content-Type: text/plain; " + b'"' * 90_000,
        b"From: " + b"a," * 90_000,
    ],
)
def test_a_mail_with_endless_fields_ends(field: bytes) -> None:
    begun = time.monotonic()
    raw = b"Subject: x\nMessage-ID: <1@b.com>\nX-A: b\n" + field + b"\n\nevil[.]com"
    found = read(Document(raw, "a.eml"), SMALL)
    assert time.monotonic() - begun < 120
    assert isinstance(found, str) or kept(found) == {"evil.com"}


def test_all_that_is_in_a_document_has_one_time() -> None:
    slow = raw_pdf(b"BT /F1 12 Tf " + b"(evil) Tj 1 0 0 1 5 5 Tm " * 400_000 + b"ET")
    raw = archive(a__pdf=slow, b__pdf=slow, c__pdf=slow, d__txt=b"evil[.]com")
    begun = time.monotonic()
    values = values_of(Document(raw), limits=Limits(cpu_s=2, seconds=4))
    assert time.monotonic() - begun < 120
    assert kept(values) == {"evil.com"}
    assert len(reasons(values)) == 3


def test_the_process_that_parses_knows_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUB_TEST_SECRET", "x")
    assert "HUB_TEST_SECRET" not in child._environment()


@pytest.mark.parametrize(
    ("document", "kind"),
    [
        (Document(b"junk %PDF-1.4", "a.txt"), "pdf"),
        (Document(b"  <!DOCTYPE html><p>"), "html"),
        (Document(b"From: a\nTo: b\nSubject: c\nDate: d\n\nx"), "mail"),
        (Document(b"From: a\nTo: b\nSubject: c\nDate: d\n\nx", "a.txt"), "text"),
        (Document(b"Note: a\nTo: b\nMore: c\n\nx"), "text"),
        (Document(b"a,b\n", "x.csv"), "table"),
        (Document(b"= Title\n", "x.adoc"), "text"),
        (Document("Báo cáo".encode("utf-16"), "x.txt"), "text"),
        (Document(b"\0\1\2\3" * 99), "other"),
    ],
)
def test_a_kind_is_told_by_what_is_inside(document: Document, kind: str) -> None:
    assert kind_of(document) == kind
