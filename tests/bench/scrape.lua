-- SPDX-License-Identifier: GPL-2.0-only
-- wrk asks as Prometheus does, each connection after a pause: arguments PAUSE-MS
local pause = 0
function init(args) pause = tonumber(args[1]) end
function delay() return pause end
function done(summary, latency)
	local e = summary.errors
	io.write(string.format("scrapes %.0f rate %.1f p50 %.2f p99 %.2f max %.2f errors %d\n", summary.requests,
		summary.requests / summary.duration * 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
		latency.max / 1e3, e.connect + e.read + e.write + e.status + e.timeout))
end
