"""What the invented objects say beside the story of their attack, in two languages."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from hub.stix.sample.plot import Text
from hub.stix.sample.values import Kind

INDICATORS: Mapping[Kind, Text] = MappingProxyType(
    {
        "host": Text("Tên miền của {name}", "Domain of {name}"),
        "page": Text("Trang phát tán {name}", "Page that spreads {name}"),
        "address": Text("Máy chủ điều khiển {name}", "Control server of {name}"),
        "address6": Text("Máy chủ điều khiển {name} (IPv6)", "Control server of {name} (IPv6)"),
        "network": Text("Dải địa chỉ của {name}", "Network of {name}"),
        "port": Text("Kết nối tới máy chủ của {name}", "Connections to a server of {name}"),
        "file": Text("Tệp {name}", "File of {name}"),
        "sender": Text("Địa chỉ gửi thư của {name}", "Sender address of {name}"),
    }
)
"""Names, by what is found"""
SEEN = Text("Ghi nhận trong đợt: {turn}.", "Seen in: {turn}.")
CHECKED = Text(
    "Đã kiểm tra lại: vẫn hoạt động, độ tin cậy được nâng.",
    "Checked again: still active, so confidence is raised.",
)
FADED = Text(
    "Không còn phản hồi từ tuần trước; giảm độ tin cậy và rút ngắn hạn dùng.",
    "No answer since last week: confidence is lower and it ends earlier.",
)
WITHDRAWN = Text(
    "Thu hồi: địa chỉ đã được chủ mới sử dụng hợp lệ.",
    "Withdrawn: a new owner uses the address legitimately.",
)
AGREES = Text(
    "Chúng tôi thấy cùng kết nối trong nhật ký tường lửa.",
    "We see the same connections in firewall logs.",
)
DOUBTS = Text(
    "Địa chỉ này cũng phục vụ trang hợp lệ; nên giám sát trước khi chặn.",
    "This address serves a legitimate page as well; watch it before you block it.",
)
SEARCH = Text(
    "Đề nghị các đơn vị rà soát nhật ký 30 ngày theo các chỉ dấu kèm theo và phản hồi kết quả.",
    "Please search 30 days of logs for the indicators and tell what you find.",
)
REPLIED = Text(
    "Đã rà soát: hai máy trạm có kết nối, đã cô lập và thu thập bằng chứng.",
    "Searched: two work stations connected; they are isolated and evidence is kept.",
)
CLOSED = Text("Sự cố đã được xử lý và đóng.", "The incident was handled and is closed.")
CONTAINED = Text("Đã khoanh vùng, đang khôi phục.", "Contained; recovery goes on.")
INTERNAL = Text(
    "Tổ ứng cứu gồm các chuyên gia của đơn vị và của trung tâm điều phối.",
    "The response team has experts of the organisation and of the coordination centre.",
)
GROUP = Text(
    "Nhóm giả định, để minh hoạ; hoạt động ít nhất chín tháng.",
    "An invented group, active for nine months at least.",
)
ACTOR = Text("Tác nhân giả định đứng sau nhóm.", "The invented actor behind the group.")
TOOL = Text("Công cụ đi kèm, cũng là giả định.", "An accompanying tool, invented as well.")
SERVERS = Text("Hạ tầng điều khiển của {name}", "Control infrastructure of {name}")
WEAKNESS = Text("Số hiệu giả định, dùng để minh hoạ.", "An invented number, for demonstration.")
REAL_WEAKNESS = Text(
    "Lỗ hổng có thật, đã công bố; xem nguồn dẫn.", "A real, public weakness; see the reference."
)
LARGER = Text(
    "Cập nhật: biến thể mới đổi khoá mã hoá cấu hình.",
    "Update: a new variant has another key for its configuration.",
)
SAMPLE = Text("Dữ liệu minh hoạ.", "Demonstration data.")
VICTIM = Text("Đơn vị bị ảnh hưởng {number}: {sector}", "Victim {number}: {sector}")
