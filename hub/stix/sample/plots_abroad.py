"""Invented attacks that concern several countries; their names are inventions too."""

from __future__ import annotations

from hub.model.tlp import Tlp
from hub.stix.sample.plot import Plot, Text, Wave

_C, _G, _A, _S = Tlp.CLEAR, Tlp.GREEN, Tlp.AMBER, Tlp.AMBER_STRICT

_VPN = Plot(
    key="vpn",
    title=Text("Khai thác lỗ hổng trên thiết bị VPN", "Exploitation of VPN gateways"),
    text=Text(
        "Nhiều thiết bị VPN chưa cập nhật bị khai thác từ xa; kẻ tấn công tạo tài khoản quản trị ẩn.",
        "Unpatched VPN gateways are exploited from remote; the attackers add a hidden administrator.",
    ),
    turns=(
        Text("Dò quét cổng VPN tăng mạnh", "Scans for VPN gateways rise"),
        Text("Tài khoản quản trị ẩn trên thiết bị VPN", "Hidden administrators on VPN gateways"),
        Text("Web shell còn lại sau khi cập nhật", "Web shells remain after the update"),
    ),
    group="Khỉ Đêm",
    alias="NIGHT MACAQUE",
    malware="CầuKhỉ",
    malware_type="webshell",
    tool="ĐườngHầm",
    tool_type="remote-access",
    techniques=("T1595", "T1190", "T1505.003", "T1136.001", "T1068", "T1018", "T1572", "T1005"),
    lures=("vpn-gateway", "portal-noi-bo", "remote-office"),
    sector="telecommunications",
    motive="organizational-gain",
    advice=Text(
        "Cập nhật ngay, kết thúc mọi phiên và tìm tài khoản quản trị lạ trước khi mở lại dịch vụ.",
        "Update at once, end all sessions, and look for unknown administrators before going on.",
    ),
    waves=(
        Wave(183, "sg-partner", "asean-exchange", _G, "en", 8),
        Wave(181, "vn-centre", "early-warning", _G, "en", 8),
        Wave(178, "vn-telecom", "national", _A, size=7),
        Wave(164, "my-partner", "asean-exchange", _A, "en", 7),
        Wave(86, "vn-centre", "public-advisories", _C, size=5),
        Wave(30.5, "th-partner", "asean-exchange", _G, "en", 7),
        Wave(5.3, "vn-centre", "early-warning", _G, "en", 8),
    ),
    cve="CVE-2099-10001",
    profile=Tlp.CLEAR,
)
_FLOOD = Plot(
    key="flood",
    title=Text("Tấn công từ chối dịch vụ đòi tiền chuộc", "Denial of service for ransom"),
    text=Text(
        "Lưu lượng khuếch đại DNS vượt 40 Gbit/s kèm thư đòi tiền; dịch vụ trực tuyến gián đoạn ba giờ.",
        "Amplified DNS traffic above 40 Gbit/s comes with a letter that asks for money; services stop for three hours.",
    ),
    turns=(
        Text("Thư đòi tiền kèm đợt tấn công mẫu", "A letter with a sample attack"),
        Text("Máy chủ DNS mở bị lợi dụng", "Open resolvers are abused"),
        Text("Đợt tấn công trùng ngày trả lương", "An attack on pay day"),
    ),
    group="Sóng Bạc",
    alias="SILVER SURGE",
    malware="SóngThần",
    malware_type="ddos",
    tool="NhàCái",
    tool_type="denial-of-service",
    techniques=("T1498", "T1498.002", "T1583", "T1589"),
    lures=("booter", "stress-panel", "dns-mo"),
    sector="financial-services",
    motive="personal-gain",
    advice=Text(
        "Thoả thuận trước với nhà mạng về lọc lưu lượng; không trả tiền.",
        "Agree with the provider beforehand on filtering; do not pay.",
    ),
    waves=(
        Wave(208, "sg-partner", "asean-exchange", _G, "en", 9),
        Wave(157, "ph-partner", "asean-exchange", _G, "en", 7),
        Wave(115, "vn-telecom", "national", _G, size=9),
        Wave(47, "vn-bank", "banking", _A, size=6),
        Wave(13.1, "sg-partner", "asean-exchange", _A, "en", 9),
        Wave(2.9, "vn-telecom", "national", _G, size=8),
    ),
)
_INVOICE = Plot(
    key="invoice",
    title=Text("Thư giả mạo lãnh đạo yêu cầu chuyển tiền", "Business e-mail compromise"),
    text=Text(
        "Hộp thư bị chiếm được dùng để trả lời đúng chuỗi thư cũ và đổi số tài khoản nhận tiền.",
        "A mailbox was taken over to answer in an old thread and change the account for a payment.",
    ),
    turns=(
        Text("Hoá đơn đổi số tài khoản nhận tiền", "Invoices with another bank account"),
        Text("Trang đăng nhập thư giả mạo", "False webmail log-in pages"),
        Text("Phiên đăng nhập bị đánh cắp", "Stolen sessions"),
    ),
    group="Cáo Thư",
    alias="MAIL FOX",
    malware="ThưMa",
    malware_type="spyware",
    tool="GươngWeb",
    tool_type="credential-exploitation",
    techniques=("T1586.002", "T1566.002", "T1539", "T1114.003", "T1078", "T1657"),
    lures=("hoa-don", "webmail-xac-thuc", "doi-soat"),
    sector="manufacturing",
    motive="personal-gain",
    advice=Text(
        "Xác nhận mọi thay đổi tài khoản qua điện thoại; bật xác thực hai lớp cho thư.",
        "Confirm every change of an account by telephone; use a second factor for mail.",
    ),
    waves=(
        Wave(237, "my-partner", "asean-exchange", _G, "en", 7),
        Wave(193, "my-partner", "asean-exchange", _G, "en", 7),
        Wave(129, "vn-bank", "banking", _A, size=7),
        Wave(72, "sg-partner", "asean-exchange", _A, "en", 6),
        Wave(28.2, "my-partner", "asean-exchange", _G, "en", 8),
        Wave(4.1, "vn-bank", "banking", _A, size=6),
        Wave(0.3, "my-partner", "asean-exchange", _G, "en", 7),
    ),
)
_STEALER = Plot(
    key="stealer",
    title=Text("Mã độc đánh cắp thông tin đăng nhập", "Credential stealers"),
    text=Text(
        "Phần mềm bẻ khoá kèm mã độc lấy mật khẩu và phiên đăng nhập lưu trong trình duyệt, rồi bán lại.",
        "Cracked software carries a stealer of passwords and sessions kept in browsers, which are sold on.",
    ),
    turns=(
        Text("Phần mềm bẻ khoá kèm mã độc", "Cracked software with a stealer"),
        Text(
            "Quảng cáo tìm kiếm dẫn tới bản cài giả",
            "Search advertisements lead to false installers",
        ),
        Text("Mật khẩu của cơ quan bị rao bán", "Passwords of agencies are for sale"),
    ),
    group="Chợ Đêm",
    alias="NIGHT MARKET",
    malware="ChìaBạc",
    malware_type="spyware",
    tool="GóiNén",
    tool_type="information-gathering",
    techniques=(
        "T1189",
        "T1204.002",
        "T1027",
        "T1555.003",
        "T1539",
        "T1082",
        "T1071.001",
        "T1041",
    ),
    lures=("tai-phan-mem", "crack-mien-phi", "drive-chia-se"),
    sector="education",
    motive="personal-gain",
    advice=Text(
        "Thu hồi phiên, đổi mật khẩu và không lưu mật khẩu công vụ trong trình duyệt.",
        "End sessions, change passwords, and keep no passwords of work in browsers.",
    ),
    waves=(
        Wave(226, "th-partner", "asean-exchange", _G, "en", 9),
        Wave(160, "vn-centre", "national", _G, size=9),
        Wave(104, "th-partner", "asean-exchange", _G, "en", 9),
        Wave(61, "id-partner", "asean-exchange", _G, "en", 8),
        Wave(24.8, "vn-centre", "public-advisories", _C, size=6),
        Wave(8.6, "th-partner", "asean-exchange", _G, "en", 9),
        Wave(1.9, "vn-centre", "national", _G, size=9),
    ),
    profile=Tlp.CLEAR,
)
_PORTAL = Plot(
    key="portal",
    title=Text("Web shell và thay đổi giao diện cổng thông tin", "Web shells and defacement"),
    text=Text(
        "Chức năng tải tệp không kiểm tra định dạng cho phép ghi web shell; trang chủ bị thay bằng thông điệp quảng cáo cờ bạc.",
        "An upload form that does not check file types let a web shell in; the home page was replaced by gambling links.",
    ),
    turns=(
        Text("Web shell trong thư mục ảnh", "Web shell in the image folder"),
        Text("Liên kết cờ bạc trên cổng thông tin", "Gambling links on public portals"),
        Text("Lỗ hổng thư viện ghi nhật ký bị khai thác", "A logging library is exploited"),
    ),
    group="Sơn Đen",
    alias="BLACK LACQUER",
    malware="VỏỐc",
    malware_type="webshell",
    tool="ChổiSơn",
    tool_type="vulnerability-scanning",
    techniques=("T1595.002", "T1190", "T1505.003", "T1059.003", "T1070.004", "T1491.002"),
    lures=("cong-thong-tin", "anh-hoat-dong", "upload"),
    sector="government-regional",
    motive="notoriety",
    advice=Text(
        "Kiểm tra định dạng tệp tải lên, cấm thực thi trong thư mục ảnh và đối chiếu mã nguồn.",
        "Check uploads, forbid execution in image folders, and compare the code with its source.",
    ),
    waves=(
        Wave(240, "vn-centre", "national", _G, size=6),
        Wave(199, "la-partner", "asean-exchange", _G, "en", 6),
        Wave(135, "vn-centre", "public-advisories", _C, size=6),
        Wave(82, "id-partner", "asean-exchange", _G, "en", 6),
        Wave(40, "vn-centre", "national", _G, size=7),
        Wave(11.6, "vn-centre", "public-advisories", _C, "en", 6),
        Wave(0.9, "la-partner", "asean-exchange", _G, "en", 6),
    ),
    cve="CVE-2021-44228",
    profile=Tlp.CLEAR,
)
_ENVOY = Plot(
    key="envoy",
    title=Text(
        "Gián điệp mạng nhắm vào cơ quan đối ngoại", "Espionage against foreign ministries"
    ),
    text=Text(
        "Trang hội nghị giả phát tán cửa hậu; một phần máy chủ điều khiển trùng với chiến dịch nhắm vào một bộ.",
        "False conference pages spread a back door; some control servers are those of an attack on a ministry.",
    ),
    turns=(
        Text("Trang hội nghị giả", "False conference pages"),
        Text("Cửa hậu ẩn trong trình cài đặt phông chữ", "A back door in a font installer"),
        Text("Hạ tầng dùng chung với Cò Lửa", "Infrastructure shared with FIRE STORK"),
    ),
    group="Hạc Giấy",
    alias="PAPER CRANE",
    malware="CánhGiấy",
    malware_type="downloader",
    tool="ThangTre",
    tool_type="remote-access",
    techniques=(
        "T1583.001",
        "T1189",
        "T1204.001",
        "T1055",
        "T1003",
        "T1021.002",
        "T1573",
        "T1567",
    ),
    lures=("asean-conference", "visa-portal", "delegate-info"),
    sector="government-national",
    motive="organizational-gain",
    advice=Text(
        "Kiểm tra tên miền hội nghị qua kênh khác trước khi tải tệp; tách máy đi công tác.",
        "Check conference domains by another way before downloads; keep machines for travel apart.",
    ),
    waves=(
        Wave(149, "id-partner", "asean-exchange", _A, "en", 7),
        Wave(99, "ph-partner", "asean-exchange", _A, "en", 6),
        Wave(53, "sg-partner", "asean-exchange", _A, "en", 8),
        Wave(17.3, "vn-centre", "early-warning", _A, "en", 7),
        Wave(3.7, "id-partner", "asean-exchange", _A, "en", 7),
        Wave(1.1, "vn-centre", "warning-drafts", _A, size=6),
        Wave(0.15, "vn-centre", "warning-drafts", _A, size=5),
    ),
    profile=Tlp.AMBER,
)
ABROAD = (_VPN, _FLOOD, _INVOICE, _STEALER, _PORTAL, _ENVOY)
