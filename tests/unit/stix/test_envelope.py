"""TAXII 2.1 section 3.7: an envelope; STIX 2.1 section 8: a bundle."""

import pytest

from hub.errors import Fault, HubError
from hub.stix import envelope
from hub.stix.envelope import split

WHOLE = {
    "an envelope": (b'{"objects":[{"a":1},{"b":2}]}', [b'{"a":1}', b'{"b":2}']),
    "a bundle": (b'{"type":"bundle","id":"bundle--1","objects":[{"a":1}]}', [b'{"a":1}']),
    "other members of an envelope": (b'{"more":true,"next":"a:b","objects":[1]}', [b"1"]),
    "white space": (b' \r\n{ "objects" :\t[ { "a" : 1 } , 2 ] } \n', [b'{ "a" : 1 }', b"2"]),
    "escapes stay": (b'{"objects":["\\u0061\\/"]}', [b'"\\u0061\\/"']),
    "a name with a colon": (b'{"a:b":1,"objects":[1]}', [b"1"]),
    "a name with an escaped colon": (b'{"a\\u003ab":1,"objects":[1]}', [b"1"]),
    "one name within another object": (b'{"objects":[{"objects":[]}]}', [b'{"objects":[]}']),
}
ISOLATED = {
    "NaN": b'{"a": NaN}',
    "Infinity": b"[-Infinity]",
    "a lone surrogate": b'{"a":"\\ud800"}',
    "a control character": b'{"a":"\x01"}',
    "bytes that are no UTF-8": b'{"a":"\xff\xed\xa0\x80"}',
    "a number beyond a double": b'{"a":1e999}',
}
REFUSED = {
    "nothing": (b"", "`{` is expected at line 1, column 1", ""),
    "text": (b"hello", "`{` is expected", ""),
    "a list": (b"[1]", "not a JSON object", ""),
    "a string": (b'"x"', "not a JSON object", ""),
    "no objects": (b'{"more":false}', "`objects` is missing", "objects"),
    "objects is an object": (b'{"objects":{}}', "`objects` is not a list", "objects"),
    "objects is null": (b'{"objects":null}', "`objects` is not a list", "objects"),
    "objects is NaN": (b'{"objects":NaN}', "`objects` is not a list", "objects"),
    "no objects beside NaN": (b'{"a":NaN}', "`objects` is missing", "objects"),
    "an empty list": (b'{"objects":[]}', "must carry at least one object", "objects"),
    "an empty list beside NaN": (b'{"a":NaN,"objects":[]}', "at least one object", "objects"),
    "objects twice": (b'{"objects":[1],"objects":[2]}', "names `objects` twice", "objects"),
    "another name twice": (b'{"a":1,"a":1,"objects":[2]}', "names `a` twice", "a"),
    "a twin behind an escape": (b'{"\\u003a":1,":":1,"objects":[2]}', "names `:` twice", ":"),
    "a twin of an escaped name": (b'{"a":1,"\\u0061":1,"objects":[2]}', "names `a` twice", "a"),
    "a byte order mark": (b'\xef\xbb\xbf{"objects":[1]}', "UTF-8 without a byte order mark", ""),
    "UTF-16": ('{"objects":[1]}'.encode("utf-16"), "UTF-8 without", ""),
    "UTF-16 without a mark": ('{"objects":[1]}'.encode("utf-16-be"), "UTF-8 without", ""),
    "a trailing comma in the list": (b'{"objects":[1,]}', "Expecting value", ""),
    "a trailing comma": (b'{"objects":[1],}', '`"` is expected', ""),
    "something after the end": (b'{"objects":[1]} {}', "something follows", ""),
    "an open list": (b'{"objects":[{"a":1}', "Expecting ',' delimiter", ""),
    "an open object": (b'{"objects":[1]', "`}` is expected", ""),
    "a name without quotes": (b"{objects:[1]}", '`"` is expected', ""),
    "no colon": (b'{"objects" [1]}', "`:` is expected", ""),
    "a misspelt literal": (b'{"objects":[tru]}', "line 1, column 13", ""),
    "too many digits": (b'{"a":NaN,"objects":[' + b"9" * 5000 + b"]}", "number is too long", ""),
    "deep": (b'{"objects":' + b"[" * 100_000, "nested too deeply", ""),
    "deep beside NaN": (b'{"a":NaN,"objects":[' + b"[" * 100_000, "nested too deeply", ""),
}


@pytest.mark.parametrize(("body", "slices"), WHOLE.values(), ids=WHOLE)
def test_gives_the_very_bytes_of_each_object(body, slices):
    assert split(body) == slices


@pytest.mark.parametrize("odd", ISOLATED.values(), ids=ISOLATED)
def test_one_bad_object_does_not_cost_the_others(odd):
    body = b'{"objects": [{"a": "\xe1\xba\xa5"} , %s,{"b":2} ]}' % odd
    assert split(body) == [b'{"a": "\xe1\xba\xa5"}', odd, b'{"b":2}']


@pytest.mark.parametrize(("body", "text", "field"), REFUSED.values(), ids=REFUSED)
def test_names_what_is_wrong_with_a_body(body, text, field):
    with pytest.raises(HubError) as caught:
        split(body)
    assert caught.value.fault is Fault.BAD_BODY
    assert text in caught.value.reason
    assert caught.value.field == field
    assert caught.value.remedy


@pytest.mark.parametrize("item", [b"{}", b"NaN", b"1"])
def test_more_entries_than_allowed(item):
    body = b'{"objects":[' + b",".join([item] * 11) + b"]}"
    assert len(split(body, 11)) == 11
    with pytest.raises(HubError) as caught:
        split(body, 10)
    assert caught.value.fault is Fault.TOO_LARGE


def test_millions_of_nothings_are_not_even_taken_apart(monkeypatch):
    monkeypatch.setattr(envelope, "_fast", None)
    with pytest.raises(HubError) as caught:
        split(b'{"objects":[' + b"{}," * 400_001 + b"{}]}", 100)
    assert caught.value.fault is Fault.TOO_LARGE
