"""Sentences and names the synthetic objects are made of: Vietnamese and English, invented."""

INDICATOR_TEXTS = (
    (
        "vi",
        (
            "Máy trạm bị nhiễm kết nối định kỳ 60 giây tới địa chỉ này; đã chặn tại tường lửa biên "
            "và cô lập máy để thu thập chứng cứ."
        ),
    ),
    (
        "en",
        (
            "Beaconing from two workstations every 60 seconds, with TLS on an unusual port and a "
            "self-signed certificate; hosts isolated and memory captured for analysis."
        ),
    ),
    (
        "vi",
        (
            "Thư lừa đảo giả mạo cổng dịch vụ công, dẫn người dùng tới trang thu thập mật khẩu và "
            "mã OTP; đề nghị chặn và rà soát nhật ký truy cập 30 ngày."
        ),
    ),
    (
        "en",
        (
            "Credential phishing that imitates a webmail log-in page; the kit posts passwords to the "
            "same host. Seen in mail sent to provincial offices."
        ),
    ),
    (
        "vi",
        (
            "Tệp đính kèm chứa mã độc tải thêm thành phần từ máy chủ điều khiển; chữ ký số đã bị thu "
            "hồi. Mẫu đã được phân tích trong môi trường cách ly."
        ),
    ),
    (
        "en",
        (
            "Second stage fetched by a macro document; it drops a scheduled task and deletes shadow "
            "copies before encryption starts. Block it at the proxy and search mail gateways."
        ),
    ),
    (
        "vi",
        (
            "Địa chỉ quét lỗ hổng trên diện rộng vào các thiết bị VPN của cơ quan nhà nước, tần suất "
            "khoảng 4.000 yêu cầu mỗi giờ trong ba ngày liên tiếp."
        ),
    ),
    (
        "en",
        (
            "Brute force against remote desktop gateways, low and slow: one attempt per account every "
            "eleven minutes. Successful log-ins were seen for one account."
        ),
    ),
)
"""Language and description."""

SHORT_TEXTS = (
    "Xác nhận bởi nhóm ứng cứu sự cố sau khi đối chiếu nhật ký DNS và proxy.",
    "Confirmed by the response team from DNS and proxy logs.",
    "Mức tin cậy trung bình, nguồn tin đối tác quốc tế.",
    "Reported by a partner; one sandbox run agrees.",
    "Trùng khớp hạ tầng với chiến dịch đã công bố trong quý trước.",
    "Infrastructure overlaps with a campaign published last quarter.",
)

LONG_TEXTS = (
    (
        "Trong đợt rà soát, đơn vị phát hiện tài khoản quản trị bị sử dụng ngoài giờ làm việc từ một "
        "địa chỉ nước ngoài. Kẻ tấn công đã cài cửa hậu trên máy chủ web, di chuyển ngang qua dịch vụ "
        "thư mục và nén dữ liệu trước khi đưa ra ngoài qua kênh DNS. Đã thay toàn bộ mật khẩu, cài "
        "lại hai máy chủ và khôi phục từ bản sao lưu ngoại tuyến."
    ),
    (
        "During a review an administrator account was found in use outside working hours from a "
        "foreign address. The intruder had placed a web shell, moved through the directory service and "
        "compressed data before sending it out over DNS. All passwords were changed, two servers were "
        "rebuilt and data was restored from an offline backup."
    ),
    (
        "Chiến dịch nhắm vào khối tài chính và y tế, dùng thư có chủ đề thông báo thuế và hoá đơn "
        "điện tử. Hạ tầng thay đổi hai ngày một lần, tên miền đăng ký hàng loạt theo cùng một mẫu."
    ),
    (
        "The campaign aims at finance and health care with mail about taxes and invoices. The "
        "infrastructure changes every second day; domains are registered in bulk after one pattern."
    ),
)

INDICATOR_LABELS = (
    '"c2"',
    '"phishing","credential-theft"',
    '"ransomware"',
    '"scanner","brute-force"',
    '"loader","botnet"',
    '"giả-mạo","phishing"',
)

INDICATOR_KINDS = ("malicious-activity", "anomalous-activity", "compromised", "attribution")

PHASES = ("delivery", "exploitation", "installation", "command-and-control", "reconnaissance")

FIRST_WORDS = ("Heron", "Bamboo", "Lotus", "Carp", "Monsoon", "Granite", "Pomelo", "Cobalt")
LAST_WORDS = ("Loader", "Stealer", "Locker", "Shell", "Bot", "Dropper", "Spy", "Worm")

MALWARE_TYPES = ("ransomware", "trojan", "backdoor", "downloader", "bot", "spyware", "worm")

SECTORS = ("government-national", "financial-services", "healthcare", "energy", "education")

TECHNIQUES = (
    "Thư lừa đảo có tệp đính kèm",
    "Spear phishing with a link",
    "Khai thác dịch vụ công khai",
    "Remote desktop brute force",
    "Đánh cắp thông tin xác thực",
    "Data sent out over DNS",
)

HOST_WORDS = (
    "cong-dich-vu",
    "webmail-login",
    "hoa-don-dien-tu",
    "update-service",
    "thue-dien-tu",
    "cdn-static",
    "ngan-hang-so",
    "secure-account",
)

TOP_DOMAINS = ("example", "example.com", "example.net", "example.org", "test")
