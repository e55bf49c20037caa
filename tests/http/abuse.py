#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""abuse.py WHAT PORT [ARGUMENT]: does to the server on loopback what it has to bear.

Prints what is wrong, and then ends with 1.
"""
import http.client
import os
import resource
import select
import socket
import sys
import time

HOST = "127.0.0.1"
CROWD = "127.0.0.2"  # the address that a flood comes from


def connect(port, host=HOST, timeout=30):
    return socket.create_connection((host, port), timeout)


def reply(sock):
    """All that comes until the server closes, or nothing comes any more."""
    data = b""
    try:
        while chunk := sock.recv(65536):
            data += chunk
    except (TimeoutError, ConnectionResetError):
        pass
    return data


def ask(port, text, timeout=30):
    with connect(port, timeout=timeout) as sock:
        try:
            sock.sendall(text)
        except (BrokenPipeError, ConnectionResetError):
            pass
        return reply(sock)


def status(port, text):
    answer = ask(port, text).split(b"\r\n", 1)[0].split()
    return int(answer[1]) if len(answer) > 1 else 0


def scrape(port, host="::1", limit=10, source=None):
    begin = time.monotonic()
    conn = http.client.HTTPConnection(host, port, timeout=limit, source_address=source and (source, 0))
    conn.request("GET", "/metrics")
    answer = conn.getresponse()
    body = answer.read()
    conn.close()
    if answer.status != 200 or b"atcq_build_info" not in body:
        sys.exit(f"a scrape got {answer.status}")
    return time.monotonic() - begin


def slowloris(port, _):
    """Each sends a byte twice a second, for ever: from the first on, after the request line,
    or with its second request. It is closed when its time is over, not before."""
    first = b"GET /healthz HTTP/1.1\r\nHost: x\r\n"
    socks = [connect(port) for _ in range(18)]
    for i, s in enumerate(socks):
        s.sendall((b"", first, first + b"\r\n" + first)[i % 3])
        if i % 3 == 2 and not s.recv(4096).startswith(b"HTTP/1.1 200"):
            sys.exit("the first request is not answered")
    begin, ends = time.monotonic(), []
    text = b"X: " + b"y" * 1000
    for i in range(120):
        for s in list(socks):
            try:
                s.sendall(text[i:i + 1])
                s.setblocking(False)
                if s.recv(4096) == b"":
                    raise ConnectionResetError
            except BlockingIOError:
                pass
            except OSError:
                ends.append(time.monotonic() - begin)
                socks.remove(s)
        if not socks:
            break
        scrape(port)
        time.sleep(0.5)
    if socks or min(ends) < 9 or max(ends) > 30:
        sys.exit(f"{len(socks)} are still open; the others were closed after {min(ends or [0]):.1f} to {max(ends or [0]):.1f} s")


def idle(port, _):
    """Nothing is ever sent."""
    with connect(port, timeout=40) as sock:
        begin = time.monotonic()
        if reply(sock) or not 9 < time.monotonic() - begin < 30:
            sys.exit(f"closed after {time.monotonic() - begin:.1f} s")


def gets_in(port, source):
    try:
        return scrape(port, HOST, source=source) > 0
    except OSError:
        return False


def flood(port, pid):
    """As many connections as this process can have, at most 10,000, from one address.

    When they are closed, the kernel still hands over some that waited, and for a while it does not
    report their clients as gone. They count for this address until their time for a request, 10 s,
    is over. So it is an address that no other test uses."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    socks, refused, inside = [], 0, 0
    for _ in range(min(10000, hard - 100)):
        s = socket.socket()
        s.setblocking(False)
        s.setsockopt(socket.IPPROTO_IP, 24, 1)  # IP_BIND_ADDRESS_NO_PORT
        s.bind((CROWD, 0))
        s.connect_ex((HOST, port))
        socks.append(s)
        if len(socks) % 1000 == 0 and scrape(port) > 5:
            sys.exit("a scrape from another address took more than 5 s")
    time.sleep(1)
    held = len(os.listdir(f"/proc/{pid}/fd"))
    for at in range(0, len(socks), 500):
        ready = select.poll()
        for s in socks[at:at + 500]:
            ready.register(s, select.POLLIN | select.POLLOUT)
        for _, what in ready.poll(0):
            refused += bool(what & ~select.POLLOUT)
            inside += what == select.POLLOUT
    took = scrape(port)
    print(f"# {len(socks)} connections: {inside} think they are in, {refused} closed again; the server has {held} descriptors, a scrape takes {took * 1e3:.1f} ms")
    if held > 32 + 30 or refused < len(socks) / 2:
        sys.exit("it took more than its limit")
    for s in socks:
        s.close()
    end = time.monotonic() + 30
    while not gets_in(port, CROWD):
        if time.monotonic() > end:
            sys.exit("the address is not let in again")
        time.sleep(0.1)


def requests(port, _):
    """What is no request that is answered."""
    wrong = []
    for want, text in (
        (431, b"GET / HTTP/1.1\r\nHost: x\r\nA: " + b"b" * (1 << 20) + b"\r\n\r\n"),
        (431, b"GET / HTTP/1.1\r\nHost: x\r\n" + b"".join(b"H%d: v\r\n" % i for i in range(20000)) + b"\r\n"),
        (414, b"GET /" + b"a" * (1 << 20) + b" HTTP/1.1\r\nHost: x\r\n\r\n"),
        (405, b"POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc"),
        (405, b"PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n" + b"x" * 100000),
        (405, b"DELETE / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
        (405, b"OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
        (405, b"TRACE / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
        (405, b"ARM /inject HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
        (413, b"GET /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc"),
        (413, b"GET /metrics HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"),
        (404, b"GET /../../../../etc/passwd HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
        (404, b"GET /%2e%2e/%2e%2e/etc/passwd HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
        (404, b"GET /metrics/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
        (404, b"GET /metrics%00 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
        (404, b"GET //metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
        (200, b"GET /metrics?x=../.. HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
        (200, b"HEAD /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
    ):
        got = status(port, text)
        if got != want:
            wrong.append(f"{text[:60]!r}: {got}, should be {want}")
    for nonsense in (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"\0" * 5000, b"GET\r\n\r\n", b"\r\n" * 3000,
                     b"GET / HTTP/9.9\r\n\r\n", os.urandom(4096), b"GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n"):
        with connect(port, timeout=1) as sock:
            try:
                sock.sendall(nonsense)
            except OSError:
                pass
            if b" 200 OK" in reply(sock) and b"HTTP/9.9" not in nonsense:
                wrong.append(f"{nonsense[:30]!r} is answered")
    scrape(port)
    if wrong:
        sys.exit("\n".join(wrong))


def handshakes(port, _):
    """Each begins TLS, and then says nothing for 5 s."""
    socks = [connect(port) for _ in range(20)]
    for s in socks:
        s.sendall(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")
    time.sleep(5)


def formats(port, _):
    """Who asks for what nobody has gets the text format."""
    for accept in ("application/x-nonsense", "text/plain;q=banana", ",,;;=", "*/*;q=0", "application/openmetrics-text;version=99.0.0",
                   "application/vnd.google.protobuf;proto=other;encoding=text", "a" * 4000, '"', "text/html"):
        conn = http.client.HTTPConnection(HOST, port, timeout=10)
        conn.request("GET", "/metrics", headers={"Accept": accept, "Accept-Encoding": "br;q=1, nonsense"})
        answer = conn.getresponse()
        kind = answer.headers["Content-Type"]
        if answer.status != 200 or not kind.startswith("text/plain; version=0.0.4") or answer.headers["Content-Encoding"]:
            sys.exit(f"{accept!r}: {answer.status} {kind} {answer.headers['Content-Encoding']}")
        answer.read()


def pipeline(port, _):
    """Two hundred requests at once, on one connection."""
    text = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n" * 199 + b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    n = ask(port, text).count(b"HTTP/1.1 200 OK")
    if n != 200:
        sys.exit(f"{n} of 200 are answered")


def drain(port, pid):
    """SIGTERM between the two halves of a request: it is answered, others are not let in, and the daemon ends."""
    half = connect(port)
    half.sendall(b"GET /healthz HT")
    idle_one = http.client.HTTPConnection(HOST, port, timeout=10)
    idle_one.request("GET", "/healthz")
    idle_one.getresponse().read()
    time.sleep(0.3)
    os.kill(int(pid), 15)
    time.sleep(1)
    try:
        connect(port, timeout=2)
        sys.exit("somebody is let in after SIGTERM")
    except OSError:
        pass
    half.sendall(b"TP/1.1\r\nHost: x\r\n\r\n")
    answer = reply(half)
    if b"200 OK" not in answer or b"Connection: close" not in answer:
        sys.exit(f"the half request gets {answer[:100]!r}")


if __name__ == "__main__":
    globals()[sys.argv[1]](int(sys.argv[2]), sys.argv[3] if len(sys.argv) > 3 else "")
