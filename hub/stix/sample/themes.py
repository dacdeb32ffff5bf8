"""What the demonstration objects tell: made-up attacks of kinds that are common, in two languages.

Names of malware and groups are inventions. Vulnerabilities carry numbers of the year 2099, which
nobody has given out; techniques carry their real ATT&CK numbers.
"""

from __future__ import annotations

from typing import NamedTuple


class Theme(NamedTuple):
    """One kind of attack."""

    name_vi: str
    name_en: str
    text_vi: str
    text_en: str
    malware: str
    malware_type: str
    """STIX 2.1 malware-type-ov"""
    technique: str
    """ATT&CK number and name"""
    sector: str
    """STIX 2.1 industry-sector-ov"""
    lures: tuple[str, ...]
    """First parts of host names"""
    cve: str = ""


THEMES = (
    Theme(
        "Lừa đảo giả mạo ngân hàng qua tin nhắn",
        "Phishing by text message in the name of a bank",
        "Tin nhắn thương hiệu giả dẫn người dùng tới trang đăng nhập giả mạo để lấy mật khẩu và mã OTP.",
        "Text messages with a forged sender lead to a false log-in page that takes passwords and codes.",
        "SenGiả",
        "spyware",
        "T1566.002 Spearphishing Link",
        "financial-services",
        ("xac-minh-tai-khoan", "the-tin-dung", "ngan-hang-so"),
    ),
    Theme(
        "Mã độc tống tiền tại bệnh viện",
        "Ransomware in a hospital",
        "Dữ liệu hồ sơ bệnh án bị mã hoá trong đêm; kẻ tấn công vào bằng tài khoản điều khiển từ xa bị lộ.",
        "Patient records were encrypted overnight; the way in was a leaked remote desktop account.",
        "KhoáTre",
        "ransomware",
        "T1486 Data Encrypted for Impact",
        "healthcare",
        ("thanh-toan", "giai-ma", "ho-tro-du-lieu"),
    ),
    Theme(
        "Tấn công chuỗi cung ứng phần mềm kế toán",
        "Supply chain attack through accounting software",
        "Bản cập nhật của một phần mềm kế toán bị chèn cửa hậu trước khi được ký số và phát hành.",
        "A back door was put into an update of accounting software before it was signed and released.",
        "MắtXích",
        "backdoor",
        "T1195.002 Compromise Software Supply Chain",
        "technology",
        ("cap-nhat", "update-ketoan", "cdn-ban-quyen"),
    ),
    Theme(
        "Ứng dụng giả mạo dịch vụ công",
        "False public service app",
        "Ứng dụng Android giả mạo cổng dịch vụ công xin quyền trợ năng để chiếm quyền điều khiển điện thoại.",
        "An Android app in the name of public services asks for accessibility rights and takes over the phone.",
        "CổngẢo",
        "trojan",
        "T1204.002 Malicious File",
        "government-national",
        ("dich-vu-cong", "dinh-danh", "tai-ung-dung"),
    ),
    Theme(
        "Khai thác lỗ hổng trên thiết bị VPN",
        "Exploitation of a VPN gateway",
        "Nhiều thiết bị VPN chưa cập nhật bị khai thác từ xa; kẻ tấn công tạo tài khoản quản trị ẩn.",
        "Unpatched VPN gateways are exploited from remote; the attackers add a hidden administrator.",
        "CầuKhỉ",
        "remote-access-trojan",
        "T1190 Exploit Public-Facing Application",
        "telecommunications",
        ("vpn-gateway", "portal-noi-bo", "remote-office"),
        "CVE-2099-10001",
    ),
    Theme(
        "Web shell trên cổng thông tin điện tử",
        "Web shell on a public portal",
        "Chức năng tải tệp không kiểm tra định dạng cho phép ghi web shell vào thư mục ảnh của cổng thông tin.",
        "An upload form that does not check file types let a web shell into the portal's image folder.",
        "VỏỐc",
        "webshell",
        "T1505.003 Web Shell",
        "government-national",
        ("cong-thong-tin", "anh-hoat-dong", "upload"),
        "CVE-2099-10002",
    ),
    Theme(
        "Tấn công từ chối dịch vụ",
        "Denial of service",
        "Lưu lượng khuếch đại DNS vượt 40 Gbit/s làm gián đoạn dịch vụ trực tuyến trong ba giờ.",
        "Amplified DNS traffic above 40 Gbit/s interrupted online services for three hours.",
        "SóngThần",
        "ddos",
        "T1498 Network Denial of Service",
        "energy",
        ("booter", "stress-panel", "dns-mo"),
    ),
    Theme(
        "Thư giả mạo lãnh đạo yêu cầu chuyển tiền",
        "Business e-mail compromise",
        "Hộp thư bị chiếm được dùng để trả lời đúng chuỗi thư cũ và đổi số tài khoản nhận tiền.",
        "A mailbox was taken over to answer in an old thread and change the account for a payment.",
        "ThưMa",
        "spyware",
        "T1586.002 Email Accounts",
        "financial-services",
        ("hoa-don", "webmail-xac-thuc", "doi-soat"),
    ),
    Theme(
        "Mã độc đánh cắp thông tin đăng nhập",
        "Credential stealer",
        "Phần mềm bẻ khoá kèm mã độc lấy mật khẩu và phiên đăng nhập lưu trong trình duyệt.",
        "Cracked software carries a stealer of passwords and sessions kept in browsers.",
        "ChìaBạc",
        "spyware",
        "T1555 Credentials from Password Stores",
        "education",
        ("tai-phan-mem", "crack-mien-phi", "drive-chia-se"),
    ),
    Theme(
        "Mạng máy tính ma từ camera giám sát",
        "Botnet of surveillance cameras",
        "Camera dùng mật khẩu mặc định bị gom vào mạng máy tính ma và quét tìm nạn nhân mới.",
        "Cameras with default passwords are gathered into a botnet that looks for further victims.",
        "ĐomĐóm",
        "bot",
        "T1584.005 Botnet",
        "telecommunications",
        ("camera-cloud", "iot-update", "ntp-pool"),
    ),
    Theme(
        "Thay đổi giao diện trang thông tin",
        "Defacement of a web site",
        "Trang chủ bị thay bằng thông điệp của nhóm tấn công sau khi mật khẩu quản trị bị đoán ra.",
        "The home page was replaced by a message after the administrator's password had been guessed.",
        "SơnĐen",
        "webshell",
        "T1491.002 External Defacement",
        "education",
        ("quan-tri", "tin-tuc", "cms-login"),
    ),
    Theme(
        "Thư có tệp đính kèm độc hại gửi cơ quan nhà nước",
        "Malicious attachments sent to public agencies",
        "Thư mời họp giả kèm tài liệu có mã độc, khi mở sẽ tải cửa hậu từ máy chủ điều khiển.",
        "A false invitation carries a document that fetches a back door from a control server.",
        "TrúcXanh",
        "backdoor",
        "T1566.001 Spearphishing Attachment",
        "government-national",
        ("giay-moi", "cong-van", "tai-lieu-hop"),
    ),
)
