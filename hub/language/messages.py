"""Every message about a query, in Vietnamese and English: what is wrong, and the way out."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple


class Message(NamedTuple):
    """Reason and remedy in each language; `{name}` stands for a parameter of the error."""

    en: tuple[str, str]
    vi: tuple[str, str]


class Look(NamedTuple):
    """What a value looks like, in the middle of a sentence."""

    en: str
    vi: str


MESSAGES: Mapping[str, Message] = MappingProxyType(
    {
        "too-long": Message(
            (
                "The query has {given} characters, at most {most} are taken.",
                "Shorten it, or use the look-up for long lists of values.",
            ),
            (
                "Truy vấn dài {given} ký tự, tối đa là {most}.",
                "Hãy rút ngắn, hoặc dùng chức năng tra cứu cho danh sách giá trị dài.",
            ),
        ),
        "too-deep": Message(
            ("Parentheses are nested more than {most} deep.", "Take some away."),
            ("Dấu ngoặc lồng nhau quá {most} cấp.", "Hãy bỏ bớt ngoặc."),
        ),
        "too-many-clauses": Message(
            (
                "The query has more than {most} conditions.",
                "Split it, or paste the values one per line.",
            ),
            (
                "Truy vấn có hơn {most} điều kiện.",
                "Hãy tách ra nhiều truy vấn, hoặc dán mỗi giá trị trên một dòng.",
            ),
        ),
        "too-many-values": Message(
            ("The list has more than {most} values.", "Use the look-up for long lists."),
            ("Danh sách có hơn {most} giá trị.", "Hãy dùng chức năng tra cứu cho danh sách dài."),
        ),
        "too-many-words": Message(
            (
                "A phrase has {given} words, at most {most} are taken.",
                "Keep the words that matter.",
            ),
            ("Cụm từ có {given} từ, tối đa là {most}.", "Hãy giữ lại những từ quan trọng."),
        ),
        "bad-character": Message(
            ("There is half of a surrogate pair here, which is no character.", "Take it away."),
            (
                "Ở đây có một nửa cặp surrogate, không phải là ký tự hợp lệ.",
                "Hãy xóa nó đi.",
            ),
        ),
        "unclosed-quote": Message(
            ("The quote that opens here is not closed.", 'Close it with ", or take it away.'),
            ("Dấu ngoặc kép mở ở đây chưa được đóng.", 'Hãy đóng bằng ", hoặc xóa nó đi.'),
        ),
        "unclosed-group": Message(
            (
                "The parenthesis that opens here is not closed.",
                "Close it with ), or put the text in quotes.",
            ),
            (
                "Dấu ngoặc đơn mở ở đây chưa được đóng.",
                "Hãy đóng bằng ), hoặc đặt đoạn văn bản trong ngoặc kép.",
            ),
        ),
        "unopened-group": Message(
            (
                "This parenthesis closes what was not opened.",
                "Take it away, or put the text in quotes.",
            ),
            (
                "Dấu ngoặc đơn đóng này không có dấu mở tương ứng.",
                "Hãy xóa nó, hoặc đặt đoạn văn bản trong ngoặc kép.",
            ),
        ),
        "empty-group": Message(
            ("There is nothing between the parentheses.", "Fill them or take them away."),
            ("Giữa hai dấu ngoặc không có gì.", "Hãy điền điều kiện vào giữa hoặc bỏ ngoặc."),
        ),
        "missing-operand": Message(
            (
                "{sign} has nothing to work on.",
                "Put a condition there; to find the word itself, put it in quotes.",
            ),
            (
                "{sign} thiếu điều kiện đi kèm.",
                "Hãy thêm điều kiện; để tìm chính từ này, hãy dùng ngoặc kép.",
            ),
        ),
        "foreign-operator": Message(
            ("{sign} is no operator here.", "Write AND, OR or NOT, in capital letters."),
            ("{sign} không phải là toán tử ở đây.", "Hãy viết AND, OR hoặc NOT bằng chữ in hoa."),
        ),
        "missing-value": Message(
            ("{field} has no value.", "Write it right behind the colon; * stands for any."),
            (
                "{field} chưa có giá trị.",
                "Hãy viết giá trị ngay sau dấu hai chấm; * nghĩa là giá trị bất kỳ.",
            ),
        ),
        "nested-field": Message(
            (
                "{field} cannot stand in the group of another field.",
                "Close the group first; to find the text itself, put it in quotes.",
            ),
            (
                "{field} không thể đứng trong nhóm của một trường khác.",
                "Hãy đóng nhóm trước; để tìm chính đoạn văn bản này, hãy dùng ngoặc kép.",
            ),
        ),
        "unknown-field": Message(
            (
                "There is no field {field}.",
                "Fields: {fields}. To find the text itself, put it in quotes.",
            ),
            (
                "Không có trường {field}.",
                "Các trường: {fields}. Để tìm chính đoạn văn bản này, hãy dùng ngoặc kép.",
            ),
        ),
        "similar-field": Message(
            (
                "There is no field {field}.",
                "Did you mean {near}? To find the text itself, put it in quotes.",
            ),
            (
                "Không có trường {field}.",
                "Có phải ý bạn là {near}? Để tìm chính đoạn văn bản này, hãy dùng ngoặc kép.",
            ),
        ),
        "bad-field": Message(
            ("{given} does not name a field that holds values.", "Take one of: {fields}."),
            (
                "{given} không phải là tên của trường chứa giá trị.",
                "Hãy dùng một trong các trường: {fields}.",
            ),
        ),
        "no-word": Message(
            ("{given} has no letter or digit.", "Write at least one word."),
            ("{given} không có chữ cái hay chữ số nào.", "Hãy viết ít nhất một từ."),
        ),
        "leading-wildcard": Message(
            (
                "A * cannot stand at the beginning.",
                "Put it at the end: evil*. domain:evil.com finds what is below it as well.",
            ),
            (
                "Dấu * không thể đứng ở đầu.",
                "Hãy đặt ở cuối: evil*. domain:evil.com tìm được cả các tên miền con.",
            ),
        ),
        "inner-wildcard": Message(
            (
                "A * stands at the end only, and regular expressions are not understood.",
                "Keep what is before it, or put the text in quotes.",
            ),
            (
                "Dấu * chỉ được đứng ở cuối, và biểu thức chính quy không được hỗ trợ.",
                "Hãy giữ phần đứng trước nó, hoặc đặt đoạn văn bản trong ngoặc kép.",
            ),
        ),
        "short-prefix": Message(
            ("Before * there are at least {least} letters or digits.", "Write more of the word."),
            (
                "Trước dấu * phải có ít nhất {least} chữ cái hoặc chữ số.",
                "Hãy viết thêm phần đầu của từ.",
            ),
        ),
        "long-prefix": Message(
            ("Before * there are at most {most} characters.", "Write less of the value."),
            ("Trước dấu * chỉ được có tối đa {most} ký tự.", "Hãy viết ngắn hơn."),
        ),
        "no-prefix": Message(
            ("{field} cannot be searched by its beginning.", "Write {looks}."),
            ("Không thể tìm {field} theo phần đầu.", "Hãy viết {looks}."),
        ),
        "bad-value": Message(
            ("{given} is no value of {field}.", "Write {looks}."),
            ("{given} không phải là giá trị hợp lệ của {field}.", "Hãy viết {looks}."),
        ),
        "bad-hash": Message(
            (
                "A hash of {field} has {expected} characters, this one has {given}.",
                "Write hash: if it is one of another algorithm.",
            ),
            (
                "Giá trị băm {field} có {expected} ký tự, còn giá trị này có {given}.",
                "Nếu đây là giá trị băm của thuật toán khác, hãy dùng trường hash:.",
            ),
        ),
        "wide-network": Message(
            ("The network {given} is too wide.", "Take at most a /8, of IPv6 a /16."),
            ("Mạng {given} quá rộng.", "Hãy dùng mạng rộng nhất là /8, với IPv6 là /16."),
        ),
        "not-ordered": Message(
            ("{field} knows no order, so no ranges and comparisons.", "Write {looks}."),
            (
                "{field} không có thứ tự nên không dùng được khoảng giá trị hay phép so sánh.",
                "Hãy viết {looks}.",
            ),
        ),
        "bad-range": Message(
            (
                "This is no range.",
                "Write field:[a TO b]; * is an open end, braces leave the bound out.",
            ),
            (
                "Đây không phải là một khoảng giá trị.",
                "Hãy viết trường:[a TO b]; * là không giới hạn đầu đó, ngoặc nhọn thì không tính giá trị biên.",
            ),
        ),
        "backwards": Message(
            ("The range is empty: it ends before it begins.", "Swap the bounds."),
            (
                "Khoảng giá trị rỗng: nó kết thúc trước khi bắt đầu.",
                "Hãy đổi chỗ hai giá trị biên.",
            ),
        ),
        "any-text": Message(
            ("{field} cannot be asked for any text.", "Write a word."),
            ("Không thể dùng * cho {field}.", "Hãy viết một từ."),
        ),
    }
)

LOOKS: Mapping[str, Look] = MappingProxyType(
    {
        "ip": Look(
            "an address such as 198.51.100.7 or 2001:db8::1, or a network such as 198.51.100.0/24",
            "một địa chỉ như 198.51.100.7 hoặc 2001:db8::1, hoặc một mạng như 198.51.100.0/24",
        ),
        "domain": Look(
            "a name such as evil.example; it finds what is below it as well",
            "một tên miền như evil.example; tìm được cả các tên miền con",
        ),
        "url": Look(
            "a URL such as http://evil.example/a, or hxxp://evil[.]example/a",
            "một URL như http://evil.example/a, hoặc hxxp://evil[.]example/a",
        ),
        "hash": Look(
            "a hash, such as the 32, 40, 64 or 128 hexadecimal digits of MD5, SHA-1, "
            "SHA-256 or SHA-512",
            "một giá trị băm, ví dụ 32, 40, 64 hoặc 128 chữ số thập lục phân của MD5, "
            "SHA-1, SHA-256 hoặc SHA-512",
        ),
        "email": Look(
            "an address such as a@evil.example", "một địa chỉ thư điện tử như a@evil.example"
        ),
        "file": Look("the name of a file such as invoice.exe", "tên một tệp như invoice.exe"),
        "cve": Look("an id such as CVE-2026-1234", "một mã như CVE-2026-1234"),
        "attack": Look(
            "an id such as T1566, T1566.001, G0007 or S0154",
            "một mã như T1566, T1566.001, G0007 hoặc S0154",
        ),
        "asn": Look("a number such as AS64500", "một số hiệu như AS64500"),
        "mac": Look("an address such as 00:1a:2b:3c:4d:5e", "một địa chỉ như 00:1a:2b:3c:4d:5e"),
        "value": Look(
            "the value as the object has it, in quotes if there are blanks in it",
            "giá trị đúng như trong đối tượng, đặt trong ngoặc kép nếu có dấu cách",
        ),
        "keyword": Look(
            "a word, in quotes if there are blanks in it, or its beginning with *",
            "một từ, đặt trong ngoặc kép nếu có dấu cách, hoặc phần đầu kèm dấu *",
        ),
        "collection": Look(
            "the alias or the id of a collection", "bí danh hoặc mã của một bộ sưu tập"
        ),
        "revoked": Look("true or false", "true hoặc false"),
        "text": Look(
            "words, a phrase in quotes, or the beginning of a word with *",
            "các từ, một cụm từ trong ngoặc kép, hoặc phần đầu của một từ kèm dấu *",
        ),
        "instant": Look(
            "a date such as 2026, 2026-01, 2026-01-15 or 2026-01-15T10:30Z, or 7d for "
            "seven days ago (h hours, d days, w weeks), or now",
            "một thời điểm như 2026, 2026-01, 2026-01-15 hoặc 2026-01-15T10:30Z, "
            "hoặc 7d là bảy ngày trước (h giờ, d ngày, w tuần), hoặc now",
        ),
        "number": Look("a whole number such as 80", "một số nguyên như 80"),
        "tlp": Look(
            "clear, green, amber, amber+strict or red",
            "clear, green, amber, amber+strict hoặc red",
        ),
    }
)
"""By the name of a field, or the kind of the fields that have none of their own"""
