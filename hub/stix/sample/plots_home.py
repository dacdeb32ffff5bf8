"""Invented attacks that organisations in Viet Nam saw first.

Names of malware and groups are inventions. Weaknesses carry numbers of the year 2099, or are
public ones of which the vendors' advisories tell.
"""

from __future__ import annotations

from hub.model.tlp import Tlp
from hub.stix.sample.plot import Plot, Text, Wave

_C, _G, _A, _S = Tlp.CLEAR, Tlp.GREEN, Tlp.AMBER, Tlp.AMBER_STRICT

_BANK = Plot(
    key="bank",
    title=Text(
        "Lừa đảo khách hàng ngân hàng qua tin nhắn", "Phishing of bank customers by text message"
    ),
    text=Text(
        "Tin nhắn mạo danh thương hiệu ngân hàng dẫn người dùng tới trang đăng nhập giả để lấy mật khẩu và mã OTP.",
        "Text messages with a forged sender lead to a false log-in page that takes passwords and one-time codes.",
    ),
    turns=(
        Text(
            "Tin nhắn thương hiệu giả báo khoá thẻ", "Forged messages say that a card is blocked"
        ),
        Text(
            "Trang đăng nhập giả dùng tên miền mới", "The false log-in page moves to new domains"
        ),
        Text("Lừa đảo ngân hàng chuyển sang mã QR", "Bank phishing turns to QR codes"),
        Text(
            "Trạm phát sóng giả gần khu công nghiệp", "False base stations near industrial parks"
        ),
    ),
    group="Sen Trắng",
    alias="WHITE LOTUS",
    malware="SenGiả",
    malware_type="spyware",
    tool="BộPhát",
    tool_type="credential-exploitation",
    techniques=("T1566.002", "T1598.003", "T1583.001", "T1056.003", "T1111", "T1657"),
    lures=("xac-minh-tai-khoan", "the-tin-dung", "ngan-hang-so", "khoa-the"),
    sector="financial-services",
    motive="personal-gain",
    advice=Text(
        "Chặn tên miền tại máy chủ phân giải và báo khách hàng không nhập OTP từ liên kết trong tin nhắn.",
        "Block the domains at resolvers and tell customers to enter no code behind a link in a message.",
    ),
    waves=(
        Wave(262, "vn-bank", "banking", _G, size=8),
        Wave(231, "vn-bank", "national", _A),
        Wave(188, "vn-telecom", "national", _G, size=9),
        Wave(140, "vn-centre", "public-advisories", _C, size=5),
        Wave(96, "vn-bank", "banking", _A, size=10),
        Wave(51, "vn-centre", "early-warning", _G, "en"),
        Wave(23, "vn-bank", "banking", _A, size=9),
        Wave(6.2, "vn-telecom", "national", _A, size=8),
        Wave(1.4, "vn-bank", "banking", _A, size=8),
        Wave(0.11, "vn-bank", "banking", _A, size=6),
    ),
    profile=Tlp.CLEAR,
)
_MINISTRY = Plot(
    key="ministry",
    title=Text("Gián điệp mạng nhắm vào một bộ", "Espionage against a ministry"),
    text=Text(
        "Thư mời họp giả kèm tài liệu chứa mã khai thác; khi mở sẽ cài cửa hậu và gửi tài liệu ra ngoài qua HTTPS.",
        "False invitations carry a document with an exploit that installs a back door and sends documents out by HTTPS.",
    ),
    turns=(
        Text("Thư mời họp giả gửi cán bộ kế hoạch", "False invitations to planning staff"),
        Text("Cửa hậu mới ẩn trong phần mềm ký số", "A new back door hides in signing software"),
        Text("Hộp thư bị đặt quy tắc chuyển tiếp", "Mailboxes forward to the attackers"),
        Text("Máy chủ điều khiển đổi nhà cung cấp", "Control servers change their provider"),
    ),
    group="Cò Lửa",
    alias="FIRE STORK",
    malware="TrúcXanh",
    malware_type="backdoor",
    tool="ThangTre",
    tool_type="remote-access",
    techniques=(
        *("T1566.001", "T1203", "T1204.002", "T1547.001", "T1027", "T1114.003", "T1560.001"),
        *("T1071.001", "T1041"),
    ),
    lures=("giay-moi", "cong-van", "tai-lieu-hop", "lich-cong-tac"),
    sector="government-national",
    motive="organizational-gain",
    advice=Text(
        "Tắt trình soạn công thức cũ, rà soát quy tắc chuyển tiếp thư và khoá phiên đang mở.",
        "Switch the old equation editor off, look for forwarding rules, and end open sessions.",
    ),
    waves=(
        Wave(255, "vn-finance", "national", _S, size=6),
        Wave(214, "vn-centre", "national", _S, size=8),
        Wave(171, "vn-finance", "national", _S, size=7),
        Wave(133, "vn-centre", "asean-exchange", _A, "en", 6),
        Wave(79, "vn-finance", "national", _S, size=9),
        Wave(37, "vn-centre", "asean-exchange", _A, "en", 7),
        Wave(12.3, "vn-finance", "national", _S, size=8),
        Wave(2.3, "vn-centre", "national", _S, size=7),
    ),
    cve="CVE-2017-11882",
    profile=Tlp.AMBER,
)
_HOSPITAL = Plot(
    key="hospital",
    title=Text("Mã độc tống tiền tại hệ thống bệnh viện", "Ransomware in a hospital group"),
    text=Text(
        "Hồ sơ bệnh án bị mã hoá trong đêm; kẻ tấn công vào bằng tài khoản điều khiển từ xa bị lộ và xoá bản sao lưu.",
        "Patient records were encrypted overnight; the way in was a leaked remote desktop account; backups were deleted.",
    ),
    turns=(
        Text("Dò mật khẩu cổng điều khiển từ xa", "Password guessing at remote desktops"),
        Text("Hồ sơ bệnh án bị mã hoá trong đêm", "Patient records encrypted overnight"),
        Text(
            "Dữ liệu bị đưa lên kho lưu trữ trước khi mã hoá", "Data copied out before encryption"
        ),
        Text("Khôi phục từ bản sao lưu ngoại tuyến", "Recovery from offline backups"),
    ),
    group="Hổ Mang Đá",
    alias="STONE COBRA",
    malware="KhoáTre",
    malware_type="ransomware",
    tool="QuétNhanh",
    tool_type="network-capture",
    techniques=(
        *("T1133", "T1110.003", "T1078", "T1059.001", "T1562.001", "T1003.001", "T1021.001"),
        *("T1570", "T1567.002", "T1489", "T1490", "T1486"),
    ),
    lures=("thanh-toan", "giai-ma", "ho-tro-du-lieu", "khoi-phuc"),
    sector="healthcare",
    motive="personal-gain",
    advice=Text(
        "Đóng cổng điều khiển từ xa ra Internet, bật xác thực hai lớp và giữ một bản sao lưu ngoại tuyến.",
        "Close remote desktops to the Internet, use a second factor, and keep one backup offline.",
    ),
    waves=(
        Wave(203, "vn-health", "national", _A, size=6),
        Wave(152, "vn-health", "national", _A, size=7),
        Wave(88, "vn-centre", "early-warning", _G, "en", 8),
        Wave(19.5, "vn-health", "case-work", Tlp.RED, size=7),
        Wave(18.2, "vn-centre", "case-work", Tlp.RED, "en", 6),
        Wave(16.4, "vn-health", "national", _S, size=9),
        Wave(9.1, "vn-telecom", "case-work", _S, size=6),
        Wave(4.6, "vn-centre", "early-warning", _A, "en", 8),
        Wave(0.8, "vn-health", "national", _A, size=7),
    ),
)
_ENERGY = Plot(
    key="energy",
    title=Text("Xâm nhập mạng điều khiển trạm điện", "Intrusion into substation control"),
    text=Text(
        "Máy bảo trì của nhà thầu nối cả mạng văn phòng và mạng điều khiển; kẻ tấn công dò sơ đồ trạm và thử lệnh đóng cắt.",
        "A contractor's maintenance machine joins office and control network; the attackers map substations and try commands.",
    ),
    turns=(
        Text("Máy bảo trì của nhà thầu bị chiếm", "A contractor's maintenance machine is taken"),
        Text("Dò quét giao thức điều khiển trạm", "Scans for protocols of substations"),
        Text(
            "Thiết bị định tuyến di động lộ trên Internet", "Mobile routers open to the Internet"
        ),
        Text("Lệnh lạ gửi tới bộ điều khiển", "Unexpected commands to a controller"),
    ),
    group="Ve Sầu Đêm",
    alias="NIGHT CICADA",
    malware="LướiĐiện",
    malware_type="remote-access-trojan",
    tool="DòTrạm",
    tool_type="information-gathering",
    techniques=("T0883", "T0859", "T0840", "T0855", "T0815", "T1133", "T1046", "T1572"),
    lures=("bao-tri-tram", "scada-update", "nha-thau", "do-dem"),
    sector="energy",
    motive="dominance",
    advice=Text(
        "Tách mạng điều khiển, chỉ cho nhà thầu vào qua máy chủ trung gian có ghi lại phiên.",
        "Separate the control network and let contractors in through a recorded jump host alone.",
    ),
    waves=(
        Wave(244, "vn-energy", "energy", _A, size=5),
        Wave(176, "vn-energy", "energy", _S, size=7),
        Wave(119, "vn-centre", "national", _S, size=6),
        Wave(64, "vn-energy", "energy", _A, size=8),
        Wave(26.7, "vn-energy", "energy", _S, size=7),
        Wave(7.9, "vn-centre", "early-warning", _A, "en", 6),
        Wave(0.35, "vn-energy", "energy", _A, size=6),
    ),
    cve="CVE-2099-10003",
)
_APP = Plot(
    key="app",
    title=Text("Ứng dụng giả mạo dịch vụ công", "False public service apps"),
    text=Text(
        "Ứng dụng Android mạo danh cổng dịch vụ công xin quyền trợ năng, đọc tin nhắn và điều khiển ứng dụng ngân hàng.",
        "Android apps in the name of public services ask for accessibility rights, read messages and steer banking apps.",
    ),
    turns=(
        Text(
            "Cuộc gọi mạo danh cán bộ yêu cầu cài ứng dụng",
            "Callers ask victims to install an app",
        ),
        Text(
            "Tệp APK mới mạo danh định danh điện tử", "New APK in the name of electronic identity"
        ),
        Text("Ứng dụng giả thuế hoạt động lại", "The false tax app is back"),
    ),
    group="Kỳ Nhông",
    alias="PAPER GECKO",
    malware="CổngẢo",
    malware_type="trojan",
    tool="GiảGiao",
    tool_type="exploitation",
    techniques=("T1660", "T1417.002", "T1636.004", "T1582", "T1437.001", "T1646"),
    lures=("dich-vu-cong", "dinh-danh", "tai-ung-dung", "hoan-thue"),
    sector="government-public-services",
    motive="personal-gain",
    advice=Text(
        "Chỉ cài ứng dụng từ kho chính thức; thu hồi quyền trợ năng và đổi mật khẩu từ máy khác.",
        "Install from official stores alone; take accessibility rights back and change passwords elsewhere.",
    ),
    waves=(
        Wave(221, "vn-centre", "public-advisories", _C, size=6),
        Wave(167, "vn-telecom", "national", _G, size=8),
        Wave(109, "vn-centre", "public-advisories", _C, "en", 6),
        Wave(68, "vn-bank", "banking", _G, size=7),
        Wave(33, "vn-centre", "asean-exchange", _G, "en", 7),
        Wave(14.2, "vn-centre", "public-advisories", _C, size=6),
        Wave(3.3, "vn-telecom", "national", _G, size=8),
        Wave(0.55, "vn-centre", "public-advisories", _C, size=6),
    ),
    profile=Tlp.CLEAR,
)
_SUPPLY = Plot(
    key="supply",
    title=Text(
        "Tấn công chuỗi cung ứng phần mềm kế toán", "Supply chain attack on accounting software"
    ),
    text=Text(
        "Bản cập nhật của một phần mềm kế toán bị chèn cửa hậu trước khi được ký số và phát hành.",
        "A back door was put into an update of accounting software before it was signed and released.",
    ),
    turns=(
        Text("Bản cập nhật đã ký chứa cửa hậu", "A signed update carries a back door"),
        Text("Chứng thư ký số bị thu hồi", "The signing certificate is revoked"),
        Text("Giai đoạn hai chỉ gửi tới vài nạn nhân", "The second stage goes to few victims"),
    ),
    group="Mối Chúa",
    alias="TERMITE QUEEN",
    malware="MắtXích",
    malware_type="backdoor",
    tool="KýThay",
    tool_type="exploitation",
    techniques=("T1195.002", "T1553.002", "T1036", "T1053.005", "T1568", "T1105", "T1071.004"),
    lures=("cap-nhat", "update-ketoan", "cdn-ban-quyen"),
    sector="technology",
    motive="organizational-gain",
    advice=Text(
        "Gỡ phiên bản bị ảnh hưởng, chặn tên miền cập nhật giả và đối chiếu mã băm với nhà cung cấp.",
        "Remove the versions concerned, block the false update domains, compare hashes with the vendor.",
    ),
    waves=(
        Wave(127, "vn-finance", "national", _A, size=7),
        Wave(121, "vn-centre", "early-warning", _G, "en", 8),
        Wave(112, "vn-bank", "banking", _A, size=6),
        Wave(101, "vn-centre", "public-advisories", _C, size=5),
        Wave(58, "vn-finance", "national", _A, size=6),
        Wave(21.4, "vn-centre", "national", _A, size=7),
    ),
    profile=Tlp.CLEAR,
)
_BOTNET = Plot(
    key="botnet",
    title=Text("Mạng máy tính ma từ camera giám sát", "Botnet of surveillance cameras"),
    text=Text(
        "Camera dùng mật khẩu mặc định bị gom vào mạng máy tính ma, quét tìm nạn nhân mới và phát tán thư rác.",
        "Cameras with default passwords are gathered into a botnet that looks for further victims and sends spam.",
    ),
    turns=(
        Text("Lưu lượng lạ từ hàng nghìn camera", "Odd traffic from thousands of cameras"),
        Text(
            "Mạng máy tính ma đổi giao thức điều khiển", "The botnet changes its control protocol"
        ),
        Text("Bot nhắm vào thiết bị định tuyến gia đình", "Bots turn to home routers"),
    ),
    group="Đom Đóm",
    alias="FIREFLY",
    malware="ĐomĐóm",
    malware_type="bot",
    tool="BảngĐèn",
    tool_type="denial-of-service",
    techniques=("T1584.005", "T1595.002", "T1110", "T1190", "T1498", "T1090"),
    lures=("camera-cloud", "iot-update", "ntp-pool"),
    sector="telecommunications",
    motive="personal-gain",
    advice=Text(
        "Đổi mật khẩu mặc định, chặn cổng quản trị từ ngoài và cập nhật phần mềm camera.",
        "Change default passwords, block management ports from outside, and update the cameras.",
    ),
    waves=(
        Wave(249, "vn-telecom", "national", _G, size=10),
        Wave(196, "vn-telecom", "national", _G, size=10),
        Wave(146, "vn-telecom", "national", _G, size=11),
        Wave(93, "vn-centre", "asean-exchange", _G, "en", 9),
        Wave(44, "vn-telecom", "national", _G, size=12),
        Wave(10.4, "vn-telecom", "national", _G, size=10),
        Wave(0.2, "vn-telecom", "national", _G, size=10),
    ),
    cve="CVE-2099-10004",
)
HOME = (_BANK, _MINISTRY, _HOSPITAL, _ENERGY, _APP, _SUPPLY, _BOTNET)
