"""Runs commands where there is no network, and tells of every packet that they send to others.

Run it in a network namespace of its own (``unshare --net``). There, every address in the world is
made one of this machine's own, so that what is meant for others is seen on the loopback device, a
question to a name server too, instead of failing before it is sent.

Standard input: a JSON list of commands, each ``{"argv": [...], "env": {...}, "cwd": ...}``.
Standard output: ``{"ended": [[what it wrote, status], ...], "sent": ["tcp 192.0.2.1 443", ...]}``.
"""

import fcntl
import json
import os
import socket
import struct
import subprocess
import sys
import threading
from ipaddress import IPv4Address, IPv6Address, ip_address

ALL_PROTOCOLS = 0x0003
IPV4, IPV6 = 0x0800, 0x86DD
TRANSPORTS = {6: "tcp", 17: "udp"}
NAME_SERVICE = 53
SYN, ACK = 0x02, 0x10


def bring_up() -> None:
    """Start the loopback device, and make every address its own."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        up_and_running = struct.pack("16sH14x", b"lo", 0x1 | 0x40)
        fcntl.ioctl(control, 0x8914, up_and_running)  # SIOCSIFFLAGS
    for family in (socket.AF_INET, socket.AF_INET6):
        _route_all(family)


def _route_all(family: int) -> None:
    """Add a local route for every address of a family: what `ip route add local` asks for."""
    table, kernel, host, local = 255, 2, 254, 2
    index = struct.pack("=HHi", 8, 4, socket.if_nametoindex("lo"))  # RTA_OIF
    route = struct.pack("=BBBBBBBBI", family, 0, 0, 0, table, kernel, host, local, 0) + index
    new, flags = 24, 0x1 | 0x4 | 0x400 | 0x200  # RTM_NEWROUTE; request, acknowledge, create
    message = struct.pack("=IHHII", 16 + len(route), new, flags, 1, 0) + route
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as kernel_socket:
        kernel_socket.send(message)
        (error,) = struct.unpack_from("=i", kernel_socket.recv(4096), 16)
    if error and family == socket.AF_INET:
        raise OSError(-error, os.strerror(-error))


class Watch:
    """Notes packets on the loopback device, in a thread."""

    def __init__(self) -> None:
        self.sent: set[str] = set()
        self._socket = socket.socket(
            socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ALL_PROTOCOLS)
        )
        threading.Thread(target=self._note, daemon=True).start()

    def _note(self) -> None:
        while True:
            packet, (_, protocol, *_) = self._socket.recvfrom(65_536)
            if protocol == IPV4 and len(packet) >= 20:
                length = 4 * (packet[0] & 15)
                self._told(packet[9], ip_address(packet[16:20]), packet[length:])
            elif protocol == IPV6 and len(packet) >= 40:
                self._told(packet[6], ip_address(packet[24:40]), packet[40:])

    def _told(self, transport: int, target: IPv4Address | IPv6Address, rest: bytes) -> None:
        name = TRANSPORTS.get(transport)
        if name is None or len(rest) < 14:
            return
        _, port = struct.unpack_from("!HH", rest)
        if name == "tcp" and rest[13] & (SYN | ACK) != SYN:
            return  # no beginning of a connection
        if not target.is_loopback or port == NAME_SERVICE:
            self.sent.add(f"{name} {target} {port}")


def main() -> None:
    """Run the commands side by side."""
    bring_up()
    watch = Watch()
    commands = json.load(sys.stdin)
    running = [
        subprocess.Popen(
            command["argv"],
            env=command["env"],
            cwd=command["cwd"],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for command in commands
    ]
    ended = [(one.communicate()[0], one.returncode) for one in running]
    json.dump({"ended": ended, "sent": sorted(watch.sent)}, sys.stdout)


if __name__ == "__main__":
    main()
