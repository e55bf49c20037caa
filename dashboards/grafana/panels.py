# SPDX-License-Identifier: GPL-2.0-only
"""What a panel of Grafana is made of. Every kind insists on a unit, a description and
what to show when there is nothing, so no panel can lack them."""

SELECTORS = {
    "HOST": 'cluster=~"$cluster",instance=~"$host"',
    "DEVICE": 'cluster=~"$cluster",instance=~"$host",device=~"$device"',
    "UP": 'job="atcq",cluster=~"$cluster",instance=~"$host"',
}
SOURCE = {"type": "prometheus", "uid": "${datasource}"}
REAL, INJECTED = "red", "blue"


def promql(expr):
    """HOST, DEVICE and UP between braces become what the variables select."""
    for name, selector in SELECTORS.items():
        expr = expr.replace("{" + name + "}", "{" + selector + "}").replace("{" + name + ",", "{" + selector + ",")
    return expr


def targets(queries, **more):
    return [{"refId": chr(ord("A") + i), "datasource": SOURCE, "expr": promql(expr), "legendFormat": legend} | more
            for i, (expr, legend) in enumerate(queries)]


def panel(kind, title, description, unit, empty, queries, width, height, options, **fields):
    defaults = {"unit": unit, "noValue": empty, "color": {"mode": "palette-classic"}} | fields
    return {"type": kind, "title": title, "description": description, "datasource": SOURCE,
            "targets": queries, "gridPos": {"x": 0, "y": 0, "w": width, "h": height},
            "fieldConfig": {"defaults": defaults, "overrides": []}, "options": options}


def steps(*pairs):
    return {"mode": "absolute", "steps": [{"value": value, "color": color} for value, color in pairs]}


def stat(title, description, unit, empty, expr, thresholds=None, width=4):
    """One number, now."""
    return panel("stat", title, description, unit, empty, targets([(expr, "")], instant=True), width, 4,
                 {"reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
                  "colorMode": "value", "graphMode": "none", "justifyMode": "auto", "orientation": "auto",
                  "textMode": "auto"},
                 color={"mode": "thresholds"}, thresholds=thresholds or steps((None, "text")))


def lines(title, description, unit, empty, *queries, width=12, stacked=False, log=False):
    custom = {"lineWidth": 1, "fillOpacity": 10, "showPoints": "auto", "spanNulls": False,
              "stacking": {"mode": "normal" if stacked else "none", "group": "A"},
              "scaleDistribution": {"type": "log", "log": 10} if log else {"type": "linear"}}
    p = panel("timeseries", title, description, unit, empty, targets(queries), width, 8,
              {"legend": {"displayMode": "list", "placement": "bottom", "showLegend": True, "calcs": []},
               "tooltip": {"mode": "multi", "sort": "desc"}}, custom=custom)
    for injected, color in (("true", INJECTED), ("false", REAL)):
        p["fieldConfig"]["overrides"].append({
            "matcher": {"id": "byRegexp", "options": f".*injected={injected}.*"},
            "properties": [{"id": "color", "value": {"mode": "fixed", "fixedColor": color}}]})
    return p


def table(title, description, unit, empty, expr, hide=(), width=12, height=8, values=""):
    """A row for each series, with its labels. @values: the number's name, "" = it says nothing."""
    hidden = {name: True for name in ("Time", "__name__", "job", *hide, *([] if values else ["Value"]))}
    p = panel("table", title, description, unit, empty, targets([(expr, "")], instant=True, format="table"),
              width, height, {"showHeader": True, "cellHeight": "sm"})
    p["transformations"] = [{"id": "organize", "options": {
        "excludeByName": hidden, "renameByName": {"instance": "host", "Value": values or "Value"}}}]
    return p


def states(title, description, empty, expr, legend, colors, width=24):
    """Which state was when. @expr is the state's number, colors: (number, name, color)"""
    mapping = {str(n): {"text": text, "color": color, "index": n} for n, text, color in colors}
    return panel("state-timeline", title, description, "none", empty, targets([(expr, legend)]), width, 7,
                 {"mergeValues": True, "showValue": "auto", "rowHeight": 0.9, "alignValue": "left",
                  "legend": {"displayMode": "list", "placement": "bottom", "showLegend": False, "calcs": []},
                  "tooltip": {"mode": "single", "sort": "none"}},
                 mappings=[{"type": "value", "options": mapping}],
                 custom={"lineWidth": 0, "fillOpacity": 80})


def heatmap(title, description, empty, name, selector, width=8):
    """Of a histogram: the first query is of a Prometheus that stores classic buckets, the
    second of one that stores native histograms. One of them has no data, by design."""
    window = "[$__rate_interval]"
    queries = targets([(f"sum by (le) (increase({name}_bucket{selector}{window}))", "{{le}}")], format="heatmap")
    native = targets([(f"sum(increase({name}{selector}{window}))", "")])[0] | {"refId": "B"}
    p = panel("heatmap", title, description, "s", empty, queries + [native], width, 8,
              {"calculate": False, "cellGap": 1, "showValue": "never",
               "color": {"mode": "scheme", "scheme": "Oranges", "exponent": 0.5, "steps": 64,
                         "reverse": False, "fill": "dark-orange"},
               "yAxis": {"unit": "s", "axisPlacement": "left"}, "rowsFrame": {"layout": "auto"},
               "cellValues": {"unit": "short"}, "filterValues": {"le": 1e-9},
               "tooltip": {"mode": "single", "yHistogram": True}, "legend": {"show": True},
               "exemplars": {"color": "rgba(31,96,196,0.9)"}})
    p["targets"][0]["exemplar"] = True
    return p


def row(title):
    return {"type": "row", "title": title, "collapsed": False, "panels": [],
            "gridPos": {"x": 0, "y": 0, "w": 24, "h": 1}}


def place(panels):
    """Side by side from the left, as long as there is room."""
    x = y = height = 0
    for number, p in enumerate(panels, 1):
        pos = p["gridPos"]
        if x + pos["w"] > 24:
            x, y, height = 0, y + height, 0
        pos["x"], pos["y"], p["id"] = x, y, number
        x, height = x + pos["w"], max(height, pos["h"])
    return panels


def variable(name, label, metric, all_values=".*"):
    """Values of a label, chosen from a list, all at first."""
    query = f"label_values({metric}, {'instance' if name == 'host' else name})"
    return {"type": "query", "name": name, "label": label, "datasource": SOURCE, "query": {"query": query, "refId": name},
            "refresh": 2, "sort": 1, "multi": True, "includeAll": True, "allValue": all_values,
            "current": {"text": "All", "value": "$__all"}}


def dashboard(uid, title, description, panels, devices=False, annotations=()):
    variables = [
        {"type": "datasource", "name": "datasource", "label": "Data source", "query": "prometheus"},
        variable("cluster", "Cluster", "atcq_build_info"),
        variable("host", "Host", 'atcq_build_info{cluster=~"$cluster"}')]
    if devices:
        variables.append(variable("device", "Device", promql("atcq_device_info{HOST}")))
    return {
        "uid": uid, "title": title, "description": description, "tags": ["atcq"], "schemaVersion": 39,
        "editable": True, "graphTooltip": 1, "refresh": "1m", "time": {"from": "now-6h", "to": "now"},
        "timezone": "browser", "templating": {"list": variables},
        "links": [{"type": "dashboards", "title": "atcq", "tags": ["atcq"], "asDropdown": True, "icon": "external link",
                   "includeVars": True, "keepTime": True, "targetBlank": False, "tooltip": "", "url": ""}],
        "annotations": {"list": [
            {"name": name, "datasource": SOURCE, "enable": True, "iconColor": color, "titleFormat": text,
             "target": {"refId": "Anno", "expr": promql(expr), "interval": "15s"}} for name, color, expr, text in annotations]},
        "panels": place(panels)}
